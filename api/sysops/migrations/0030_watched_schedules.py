"""Somebody looks whether schedules run; here it is written when, for those outside of Dagster."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "schedule_watch",
        sa.Column("one", sa.Boolean(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("looked_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("one", name="ck_schedule_watch_one"),
        sa.PrimaryKeyConstraint("one", name="pk_schedule_watch"),
    )


def downgrade() -> None:
    op.drop_table("schedule_watch")
