"""Outliers of a month are listed: those that wait, and those that finance has decided on."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of the few that were ever reviewed.
    op.execute("CREATE INDEX ix_invoice_reviewed ON invoice (run_id, id) WHERE review IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX ix_invoice_reviewed")
