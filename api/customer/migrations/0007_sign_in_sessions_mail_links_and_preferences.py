"""Customers' refresh tokens, wrong passwords, tokens that go out by mail, quiet hours, and
addresses that were removed.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_refresh_token_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    op.create_index(op.f("ix_refresh_token_family_id"), "refresh_token", ["family_id"])
    op.create_index(op.f("ix_refresh_token_account_id"), "refresh_token", ["account_id"])
    op.create_table(
        "sign_in_failure",
        sa.Column("email_hash", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("email_hash", name=op.f("pk_sign_in_failure")),
    )
    op.create_index(op.f("ix_sign_in_failure_last_at"), "sign_in_failure", ["last_at"])
    op.add_column(
        "account",
        sa.Column("email_confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
    )
    op.create_table(
        "mailed_token",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('confirm_email', 'reset_password')", name=op.f("ck_mailed_token_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mailed_token_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mailed_token_token_hash")),
    )
    op.create_index(op.f("ix_mailed_token_account_id"), "mailed_token", ["account_id"])
    op.add_column(
        "address", sa.Column("removed_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    for column in (
        sa.Column(
            "choices",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("time_zone", sa.String(), nullable=True),
    ):
        op.add_column("notification_preference", column)
    op.create_check_constraint(
        op.f("ck_notification_preference_quiet_hours"),
        "notification_preference",
        "num_nulls(quiet_from, quiet_until, time_zone) IN (0, 3)",
    )


def downgrade() -> None:
    op.drop_column("address", "removed_at")
    op.drop_constraint(
        op.f("ck_notification_preference_quiet_hours"), "notification_preference", type_="check"
    )
    for column in ("time_zone", "quiet_until", "quiet_from", "choices"):
        op.drop_column("notification_preference", column)
    op.drop_table("mailed_token")
    op.drop_column("account", "email_confirmed_at")
    op.drop_table("sign_in_failure")
    op.drop_table("refresh_token")
