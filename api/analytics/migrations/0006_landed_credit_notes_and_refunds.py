"""Credit notes and refunds as they land, and what they did to invoices."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE raw.billing__invoice
    ADD COLUMN credited_cents bigint, ADD COLUMN noted_cents bigint,
    ADD COLUMN refunded_cents bigint;
CREATE TABLE raw.billing__credit_note (
    id uuid, number bigint, invoice_id uuid, customer_id uuid, amount_cents bigint,
    tax_cents bigint, currency text, applies_to text, created_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__credit_note PRIMARY KEY (id)
);
CREATE TABLE raw.billing__refund (
    id uuid, payment_id uuid, invoice_id uuid, customer_id uuid, amount_cents bigint,
    currency text, status text, created_at timestamptz, decided_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__refund PRIMARY KEY (id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("DROP TABLE raw.billing__refund")
    op.execute("DROP TABLE raw.billing__credit_note")
    for column in ("refunded_cents", "noted_cents", "credited_cents"):
        op.execute(f"ALTER TABLE raw.billing__invoice DROP COLUMN {column}")
