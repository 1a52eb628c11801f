"""Why tickets were escalated lands as a code."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE, COLUMN = "sysops__ticket_event", "escalation"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column(COLUMN, sa.Text(), nullable=True), schema="raw")


def downgrade() -> None:
    op.drop_column(TABLE, COLUMN, schema="raw")
