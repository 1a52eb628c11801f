"""Change tracking of the tables that the warehouse mirrors."""

from alembic import op

from api.kernel import changes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEYS = {
    "plan": ("code",),
    "contract": ("id",),
    "tax_rate": ("state", "product_class", "valid_from"),
    "billing_run": ("id",),
    "invoice": ("id",),
    "invoice_line": ("invoice_id", "position"),
    "ledger_entry": ("id",),
    "payment": ("id",),
    "alert": ("id",),
    "dunning": ("invoice_id",),
}


def upgrade() -> None:
    op.execute(changes.begin_ddl())
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    op.execute(changes.end_ddl())
