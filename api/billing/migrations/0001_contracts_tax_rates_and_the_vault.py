"""Contracts, tax rates and the vault."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(), server_default="good", nullable=False),
        sa.Column("standing_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("zip", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint("standing IN ('good', 'suspended')", name=op.f("ck_contract_standing")),
        sa.CheckConstraint("status IN ('active', 'cancelled')", name=op.f("ck_contract_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract")),
    )
    op.create_index("ix_contract_customer", "contract", ["customer_id"], unique=False)
    op.create_index("ix_contract_span", "contract", ["starts_on", "ends_on"], unique=False)
    op.create_table(
        "plan",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("interval", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("interval IN ('month', 'year')", name=op.f("ck_plan_interval")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_plan")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("product_class", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rate_millionths", sa.Integer(), nullable=False),
        sa.CheckConstraint("rate_millionths >= 0", name=op.f("ck_tax_rate_rate_millionths")),
        sa.PrimaryKeyConstraint("state", "product_class", "valid_from", name=op.f("pk_tax_rate")),
    )
    op.create_table(
        "vault_access",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("card_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_access")),
        sa.UniqueConstraint("hash", name=op.f("uq_vault_access_hash")),
    )
    op.create_table(
        "vault_key",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_vault_key")),
    )
    op.create_table(
        "vault_card",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=True),
        sa.Column("nonce", sa.LargeBinary(), nullable=True),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=False),
        sa.Column("exp_year", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'removed', 'destroyed')", name=op.f("ck_vault_card_status")
        ),
        sa.ForeignKeyConstraint(
            ["key_version"], ["vault_key.version"], name=op.f("fk_vault_card_key_version")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_vault_card")),
    )
    op.create_index("ix_vault_card_customer", "vault_card", ["customer_id"], unique=False)
    op.create_index(
        "ix_vault_card_fingerprint", "vault_card", ["customer_id", "fingerprint"], unique=False
    )
    op.create_index("ix_vault_card_key_version", "vault_card", ["key_version"], unique=False)


def downgrade() -> None:
    for table in (
        "vault_card",
        "vault_key",
        "vault_access",
        "tax_rate",
        "plan",
        "contract",
    ):
        op.drop_table(table)
