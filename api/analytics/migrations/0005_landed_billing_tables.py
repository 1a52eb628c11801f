"""The billing tables as they land: the columns that the replicator may read, no other."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE raw.billing__plan (
    code text, version integer, name text, price_cents bigint, currency text, interval text,
    active boolean,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__plan PRIMARY KEY (code)
);
CREATE TABLE raw.billing__contract (
    id uuid, customer_id uuid, plan_code text, status text, version integer, standing text,
    standing_version integer, state text, zip text, starts_on date, ends_on date,
    updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__contract PRIMARY KEY (id)
);
CREATE TABLE raw.billing__tax_rate (
    state text, product_class text, valid_from date, rate_millionths integer,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__tax_rate PRIMARY KEY (state, product_class, valid_from)
);
CREATE TABLE raw.billing__billing_run (
    id uuid, period date, status text, invoices integer, total_cents bigint,
    approved_at timestamptz, created_at timestamptz, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__billing_run PRIMARY KEY (id)
);
CREATE TABLE raw.billing__invoice (
    id uuid, run_id uuid, contract_id uuid, customer_id uuid, period_start date, period_end date,
    number bigint, status text, version integer, currency text, subtotal_cents bigint,
    tax_cents bigint, total_cents bigint, created_at timestamptz, issued_at timestamptz,
    paid_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__invoice PRIMARY KEY (id)
);
CREATE TABLE raw.billing__invoice_line (
    invoice_id uuid, position integer, kind text, description text, amount_cents bigint,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__invoice_line PRIMARY KEY (invoice_id, position)
);
CREATE TABLE raw.billing__ledger_entry (
    id uuid, posting_id uuid, posted_at timestamptz, account text, amount_cents bigint,
    currency text, cause text, cause_id uuid, customer_id uuid, invoice_id uuid,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__ledger_entry PRIMARY KEY (id)
);
CREATE TABLE raw.billing__payment (
    id uuid, invoice_id uuid, attempt integer, customer_id uuid, amount_cents bigint, currency text,
    status text, decline_code text, created_at timestamptz, decided_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__payment PRIMARY KEY (id)
);
CREATE TABLE raw.billing__alert (
    id uuid, kind text, subject_id uuid, customer_id uuid, status text, created_at timestamptz,
    closed_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__alert PRIMARY KEY (id)
);
CREATE TABLE raw.billing__dunning (
    invoice_id uuid, step integer, status text, next_at timestamptz, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_billing__dunning PRIMARY KEY (invoice_id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in (
        "billing__plan",
        "billing__contract",
        "billing__tax_rate",
        "billing__billing_run",
        "billing__invoice",
        "billing__invoice_line",
        "billing__ledger_entry",
        "billing__payment",
        "billing__alert",
        "billing__dunning",
    ):
        op.execute(f"DROP TABLE raw.{table}")
