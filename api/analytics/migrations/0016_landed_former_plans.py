"""What support plans were before, as it lands."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE raw.sysops__former_plan (
    code text, version integer, name text, price_cents bigint, currency text, interval text,
    sla_hours integer, device_types text[], active boolean, until timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__former_plan PRIMARY KEY (code, version)
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    # What is read anew after going forward again, is read whole.
    op.execute(
        "DELETE FROM landing.watermark WHERE source = 'sysops' AND table_name = 'former_plan'"
    )
    op.execute("DROP TABLE raw.sysops__former_plan")
