"""Customers see how visits go: on the way, for nothing, with which parts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COUNTS = ("details_version", "customer_absences", "expert_absences")


def upgrade() -> None:
    op.add_column(
        "ticket",
        sa.Column("set_out_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    for name in COUNTS:
        op.add_column("ticket", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.add_column("ticket_timeline", sa.Column("action", sa.String(), nullable=True))
    op.add_column(
        "ticket_timeline",
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("ticket_timeline", "parts")
    op.drop_column("ticket_timeline", "action")
    for name in ("set_out_at", *COUNTS):
        op.drop_column("ticket", name)
