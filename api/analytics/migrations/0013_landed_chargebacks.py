"""Chargebacks as they land."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE raw.billing__chargeback (
    id uuid, payment_id uuid, invoice_id uuid, customer_id uuid, amount_cents bigint,
    currency text, status text, answer_by timestamptz, opened_at timestamptz,
    decided_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__chargeback PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    op.execute("DROP TABLE raw.billing__chargeback")
