"""Staff stay signed in by refresh tokens, and sign in through an identity provider, too.

Wrong passwords are counted as for customers.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def _count_wrong_passwords(table: str, address: str, *more: sa.Column[datetime]) -> None:
    op.create_table(
        table,
        sa.Column(address, sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        *more,
        sa.PrimaryKeyConstraint(address, name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_last_at"), table, ["last_at"])


def upgrade() -> None:
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_refresh_token_staff_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_token")),
    )
    for column in ("family_id", "staff_id", "expires_at"):
        op.create_index(op.f(f"ix_refresh_token_{column}"), "refresh_token", [column])
    op.create_table(
        "sign_in_attempt",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_url", sa.String(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_expires_at"), "sign_in_attempt", ["expires_at"])
    op.create_table(
        "identity",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("linked_at", MOMENT, nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_identity_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
        sa.UniqueConstraint("staff_id", "issuer", name=op.f("uq_identity_staff_id_issuer")),
    )
    # A count of wrong passwords lasts a day: it may begin again with the new table.
    op.drop_table("failed_sign_in")
    _count_wrong_passwords("sign_in_failure", "email_hash")


def downgrade() -> None:
    op.drop_table("sign_in_failure")
    locked = sa.Column("locked_until", MOMENT, nullable=True)
    _count_wrong_passwords("failed_sign_in", "address_hash", locked)
    op.drop_table("identity")
    op.drop_table("sign_in_attempt")
    op.drop_table("refresh_token")
