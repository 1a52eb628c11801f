"""Queues: one schema for each quantum that messages go to."""

from alembic import op

from api.kernel.outbox import queue_ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TARGETS = ("customer", "billing", "sysops")


def upgrade() -> None:
    for target in TARGETS:
        op.execute(queue_ddl(target))


def downgrade() -> None:
    for target in TARGETS:
        op.execute(f"DROP SCHEMA to_{target} CASCADE")
