"""Chargebacks: charges that customers dispute at their banks, and the account they stand on."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE chargeback (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_chargeback PRIMARY KEY,
    provider_reference varchar NOT NULL CONSTRAINT uq_chargeback_provider_reference UNIQUE,
    payment_id uuid NOT NULL CONSTRAINT fk_chargeback_payment_id REFERENCES payment (id),
    invoice_id uuid NOT NULL CONSTRAINT fk_chargeback_invoice_id REFERENCES invoice (id),
    customer_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    currency varchar NOT NULL,
    reason varchar NOT NULL,
    status varchar NOT NULL,
    answer_by timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT ck_chargeback_status CHECK (status IN ('open', 'won', 'lost', 'written_off')),
    CONSTRAINT ck_chargeback_amount_cents CHECK (amount_cents > 0)
)
"""
ACCOUNTS = ("receivable", "revenue", "tax", "cash", "credit", "write_off")
CAUSES = ("invoice", "credit", "payment", "refund", "credit_note", "write_off")


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("CREATE INDEX ix_chargeback_invoice ON chargeback (invoice_id)")
    op.execute("CREATE INDEX ix_chargeback_customer ON chargeback (customer_id)")
    _allow("account", (*ACCOUNTS, "chargeback"))
    _allow("cause", (*CAUSES, "chargeback", "chargeback_won"))


def downgrade() -> None:
    op.execute(
        "DELETE FROM ledger_entry e WHERE EXISTS (SELECT FROM chargeback c WHERE c.id = e.cause_id)"
    )
    _allow("account", ACCOUNTS)
    _allow("cause", CAUSES)
    op.drop_table("chargeback")


def _allow(column: str, words: tuple[str, ...]) -> None:
    """Wider or narrower without holding the ledger up: old rows are looked at afterwards."""
    name = f"ck_ledger_entry_{column}"
    listed = ", ".join(f"'{word}'" for word in words)
    op.execute(f"ALTER TABLE ledger_entry DROP CONSTRAINT {name}")
    op.execute(
        f"ALTER TABLE ledger_entry ADD CONSTRAINT {name} CHECK ({column} IN ({listed})) NOT VALID"
    )
    op.execute(f"ALTER TABLE ledger_entry VALIDATE CONSTRAINT {name}")
