"""What ended lately is found without reading what ended long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ticket_ended",
        "ticket",
        ["updated_at"],
        postgresql_where=sa.text("status IN ('closed', 'cancelled')"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_ended", table_name="ticket")
