"""What an invoice carries forward lands."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = "billing__invoice"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("carried_cents", sa.BigInteger(), nullable=True), schema="raw")


def downgrade() -> None:
    op.drop_column(TABLE, "carried_cents", schema="raw")
