"""What support plans were before: the warehouse knows which version applied when."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from api.kernel import changes

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KEYS = {"former_plan": ("code", "version")}
FORWARD = """
CREATE TABLE former_plan (
    code varchar NOT NULL CONSTRAINT fk_former_plan_code REFERENCES support_plan (code),
    version integer NOT NULL,
    name varchar NOT NULL,
    price_cents bigint NOT NULL,
    currency varchar NOT NULL,
    "interval" varchar NOT NULL,
    sla_hours integer NOT NULL,
    device_types text[] NOT NULL,
    active boolean NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT pk_former_plan PRIMARY KEY (code, version)
)
"""
PLANS = """
SELECT code, version, name, price_cents, currency, "interval", sla_hours, device_types, active
FROM support_plan
"""
CHANGES = """
SELECT subject_id AS code, at AS until, before FROM audit_entry
WHERE action = 'plan.kept' AND before IS NOT NULL ORDER BY id DESC
"""
FORMER = """
INSERT INTO former_plan VALUES (:code, :version, :name, :price_cents, :currency, :interval,
    :sla_hours, :device_types, :active, :until)
"""


def upgrade() -> None:
    op.execute(FORWARD)
    _from_the_audit_log(op.get_bind())
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    op.execute("DROP TABLE former_plan")


def _from_the_audit_log(connection: sa.Connection) -> None:
    """It has what each change replaced: taken back one by one, from what a plan is now."""
    plans: dict[str, dict[str, Any]] = {
        row["code"]: dict(row) for row in connection.execute(sa.text(PLANS)).mappings()
    }
    for change in connection.execute(sa.text(CHANGES)).mappings():
        plan = plans.get(change["code"])
        if plan is None or plan["version"] == 1:
            continue
        plan |= {**change["before"], "version": plan["version"] - 1, "until": change["until"]}
        connection.execute(sa.text(FORMER), plan)
