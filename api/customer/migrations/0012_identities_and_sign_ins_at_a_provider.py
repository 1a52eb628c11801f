"""Customers sign in through an identity provider, and may have no telephone number yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_index(op.f("ix_refresh_token_expires_at"), "refresh_token", ["expires_at"])
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
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_identity_account_id_issuer")),
    )
    op.alter_column("account", "phone", nullable=True)


def downgrade() -> None:
    # Who has not told a number could not have registered before; an empty one says the same.
    op.execute("UPDATE account SET phone = '' WHERE phone IS NULL")
    op.alter_column("account", "phone", nullable=False)
    op.drop_table("identity")
    op.drop_table("sign_in_attempt")
    op.drop_index(op.f("ix_refresh_token_expires_at"), "refresh_token")
