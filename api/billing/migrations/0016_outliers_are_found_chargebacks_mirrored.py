"""Outliers of a month are listed, and chargebacks are mirrored into the warehouse."""

from alembic import op

from api.kernel import changes

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

KEYS = {"chargeback": ("id",)}


def upgrade() -> None:
    # Of the few that were ever reviewed.
    op.execute("CREATE INDEX ix_invoice_reviewed ON invoice (run_id, id) WHERE review IS NOT NULL")
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    op.execute("DROP INDEX ix_invoice_reviewed")
