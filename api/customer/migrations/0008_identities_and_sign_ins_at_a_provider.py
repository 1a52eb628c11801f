"""Customers sign in through an identity provider, and may have no telephone number yet."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_refresh_token_expires_at"), "refresh_token")
