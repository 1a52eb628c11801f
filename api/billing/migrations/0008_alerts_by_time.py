"""Alerts are listed newest first."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_alert_created", "alert", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_alert_created", "alert")
