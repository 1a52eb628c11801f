"""Invoices to be charged are walked in the order of their numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OWED = sa.text("status = 'issued'")


def upgrade() -> None:
    op.drop_index("ix_invoice_owed", "invoice")
    op.create_index("ix_invoice_owed", "invoice", ["number"], postgresql_where=OWED)


def downgrade() -> None:
    op.drop_index("ix_invoice_owed", "invoice")
    op.create_index("ix_invoice_owed", "invoice", ["issued_at"], postgresql_where=OWED)
