"""Evidence: acts on a run, one unforked chain of card openings, keys by purpose."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_event",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.CheckConstraint(
            "act IN ('drafted', 'held', 'approved', 'refused', 'issued', 'finished')",
            name=op.f("ck_run_event_act"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["billing_run.id"], name=op.f("fk_run_event_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_event")),
    )
    op.create_index("ix_run_event_run", "run_event", ["run_id", "at"])
    op.add_column("billing_run", sa.Column("rows_hash", sa.LargeBinary(), nullable=True))
    # Rows from before are taken to have begun when they were last touched.
    op.add_column(
        "dunning", sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.execute("UPDATE dunning SET started_at = updated_at")
    op.alter_column("dunning", "started_at", nullable=False)
    op.add_column(
        "vault_key", sa.Column("purpose", sa.String(), server_default="card", nullable=False)
    )
    op.alter_column("vault_key", "purpose", server_default=None)
    op.create_check_constraint(
        op.f("ck_vault_key_purpose"), "vault_key", "purpose IN ('card', 'fingerprint')"
    )
    op.create_index(
        "uq_vault_key_fingerprint",
        "vault_key",
        ["purpose"],
        unique=True,
        postgresql_where=sa.text("purpose = 'fingerprint'"),
    )
    op.create_unique_constraint(
        op.f("uq_vault_access_previous_hash"), "vault_access", ["previous_hash"]
    )
    op.drop_index("ix_vault_card_fingerprint", "vault_card")
    op.create_index(
        "uq_vault_card_active",
        "vault_card",
        ["customer_id", "fingerprint", "exp_year", "exp_month"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_check_constraint(
        op.f("ck_vault_card_ciphertext"),
        "vault_card",
        "(ciphertext IS NULL) = (status = 'destroyed')",
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_vault_card_ciphertext"), "vault_card")
    op.drop_index("uq_vault_card_active", "vault_card")
    op.create_index("ix_vault_card_fingerprint", "vault_card", ["customer_id", "fingerprint"])
    op.drop_constraint(op.f("uq_vault_access_previous_hash"), "vault_access")
    op.drop_index("uq_vault_key_fingerprint", "vault_key")
    op.drop_constraint(op.f("ck_vault_key_purpose"), "vault_key")
    op.drop_column("vault_key", "purpose")
    op.drop_column("dunning", "started_at")
    op.drop_column("billing_run", "rows_hash")
    op.drop_table("run_event")
