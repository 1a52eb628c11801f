"""Every attempt to tell staff something, what providers report, and who wants no texts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_notification_status"), "notification", type_="check")
    for column in (
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("instead_of_sms", sa.String(), nullable=True),
        sa.Column("delivered_at", _MOMENT, nullable=True),
    ):
        op.add_column("notification", column)
    op.create_check_constraint(
        op.f("ck_notification_status"),
        "notification",
        "status IN ('queued', 'sent', 'delivered', 'failed', 'overtaken')",
    )
    op.create_check_constraint(
        op.f("ck_notification_instead_of_sms"),
        "notification",
        "instead_of_sms IN ('stopped', 'failed')",
    )
    op.create_index(
        "ix_notification_failed",
        "notification",
        ["created_at"],
        postgresql_where=sa.text("status = 'failed'"),
    )
    op.create_table(
        "notification_attempt",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("reported_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "channel IN ('sms', 'email')", name=op.f("ck_notification_attempt_channel")
        ),
        sa.CheckConstraint(
            "outcome IN ('asked', 'deferred', 'taken', 'failed', 'delivered')",
            name=op.f("ck_notification_attempt_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_notification_attempt_notification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_attempt")),
    )
    op.create_index(
        "ix_notification_attempt_notification", "notification_attempt", ["notification_id", "id"]
    )
    op.create_table(
        "text_reply",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.CheckConstraint(
            "word IN ('stop', 'start', 'refused', 'help', 'other')",
            name=op.f("ck_text_reply_word"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_reply")),
        sa.UniqueConstraint("reference", name=op.f("uq_text_reply_reference")),
    )
    op.create_index("ix_text_reply_phone", "text_reply", ["phone", "id"])
    op.create_table(
        "unmatched_report",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reports", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("reports > 0", name=op.f("ck_unmatched_report_reports")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_unmatched_report")),
    )
    op.create_table(
        "unreached_customer",
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_unreached_customer_ticket_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_unreached_customer")),
    )
    op.create_index(op.f("ix_unreached_customer_ticket_id"), "unreached_customer", ["ticket_id"])


def downgrade() -> None:
    op.drop_table("unreached_customer")
    for table in ("unmatched_report", "text_reply", "notification_attempt"):
        op.drop_table(table)
    op.drop_index("ix_notification_failed", "notification")
    op.drop_constraint(op.f("ck_notification_instead_of_sms"), "notification", type_="check")
    op.drop_constraint(op.f("ck_notification_status"), "notification", type_="check")
    op.execute("UPDATE notification SET status = 'sent' WHERE status = 'delivered'")
    op.execute("UPDATE notification SET status = 'failed' WHERE status = 'overtaken'")
    op.create_check_constraint(
        op.f("ck_notification_status"),
        "notification",
        "status IN ('queued', 'sent', 'failed')",
    )
    for column in ("delivered_at", "instead_of_sms", "round"):
        op.drop_column("notification", column)
