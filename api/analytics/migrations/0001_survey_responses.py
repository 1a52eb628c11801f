"""Survey responses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_inbox")),
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"], unique=False)
    op.create_table(
        "survey_response",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("would_recommend", sa.Integer(), nullable=True),
        sa.Column("has_comment", sa.Boolean(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_survey_response_score")),
        sa.CheckConstraint(
            "would_recommend BETWEEN 0 AND 10", name=op.f("ck_survey_response_would_recommend")
        ),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_survey_response")),
    )
    op.create_index("ix_survey_response_answered", "survey_response", ["answered_at"], unique=False)


def downgrade() -> None:
    op.drop_table("survey_response")
    op.drop_table("inbox")
