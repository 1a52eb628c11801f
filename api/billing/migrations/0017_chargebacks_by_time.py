"""Chargebacks are listed newest first."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_chargeback_opened", "chargeback", ["opened_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_chargeback_opened", "chargeback")
