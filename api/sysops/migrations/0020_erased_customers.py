"""Who was erased, so that no late message brings a customer back; and a customer's rows are found."""

from alembic import op

from api.kernel.erasure import ERASED_DDL

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_article_customer_vote_customer": "article_customer_vote (customer_id)",
    "ix_notification_ticket": "notification (ticket_id)",
    "ix_ticket_attachment_ticket": "ticket_attachment (ticket_id)",
}


def upgrade() -> None:
    op.execute(ERASED_DDL)
    for name, columns in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {columns}")


def downgrade() -> None:
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("DROP TABLE erased_customer")
