"""What a run of the assignment proves, and what else each ticket could have had."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

RUN = ("snapshot_hash", "decisions_hash", "proven", "evidence", "seconds")
DECISION = ("during", "travel_km", "terms", "alternatives")


def upgrade() -> None:
    for name in ("snapshot_hash", "decisions_hash"):
        op.add_column("assignment_run", sa.Column(name, sa.String(), nullable=True))
    op.add_column("assignment_run", sa.Column("proven", sa.Boolean(), nullable=True))
    for name in ("evidence", "seconds"):
        op.add_column("assignment_run", sa.Column(name, postgresql.JSONB(), nullable=True))
    op.add_column("assignment_decision", sa.Column("during", postgresql.TSTZRANGE(), nullable=True))
    op.add_column("assignment_decision", sa.Column("travel_km", sa.Float(), nullable=True))
    for name, empty in (("terms", "{}"), ("alternatives", "[]")):
        op.add_column(
            "assignment_decision",
            sa.Column(name, postgresql.JSONB(), server_default=empty, nullable=False),
        )


def downgrade() -> None:
    for name in RUN:
        op.drop_column("assignment_run", name)
    for name in DECISION:
        op.drop_column("assignment_decision", name)
