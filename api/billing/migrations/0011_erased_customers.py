"""Who was erased, so that no late card is stored; and a customer's alerts are found."""

from alembic import op

from api.kernel.erasure import ERASED_DDL

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ERASED_DDL)
    op.execute("CREATE INDEX ix_alert_customer ON alert (customer_id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_alert_customer")
    op.execute("DROP TABLE erased_customer")
