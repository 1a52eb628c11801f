"""What was done with a ticket, and how an assignment ended, land as codes."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = (("sysops__ticket_event", "action"), ("sysops__assignment", "outcome"))


def upgrade() -> None:
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text(), nullable=True), schema="raw")


def downgrade() -> None:
    for table, column in COLUMNS:
        op.drop_column(table, column, schema="raw")
