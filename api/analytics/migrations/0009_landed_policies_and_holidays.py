"""Policies of assignment, which was in use since when, and holidays, as they land."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE raw.sysops__assignment_policy (
    id uuid, name text, version integer, settings jsonb, created_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__assignment_policy PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__assignment_policy_use (
    id uuid, policy_id uuid, since timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__assignment_policy_use PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__holiday (
    day date, name text,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__holiday PRIMARY KEY (day)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("assignment_policy", "assignment_policy_use", "holiday"):
        op.execute(f"DROP TABLE raw.sysops__{table}")
