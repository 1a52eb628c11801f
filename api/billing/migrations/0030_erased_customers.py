"""Who was erased, so that no late message brings a customer back."""

from alembic import op

from api.kernel.erasure import ERASED_DDL

revision = "0030"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ERASED_DDL)


def downgrade() -> None:
    op.execute("DROP TABLE erased_customer")
