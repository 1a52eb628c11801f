"""Who chose an expert, a run or a person, and whether the visit is pinned, land."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLE = "sysops__assignment"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("source", sa.Text(), nullable=True), schema="raw")
    op.add_column(TABLE, sa.Column("pinned", sa.Boolean(), nullable=True), schema="raw")


def downgrade() -> None:
    for column in ("pinned", "source"):
        op.drop_column(TABLE, column, schema="raw")
