"""Credit notes, refunds, holds and the history of finance's acts; the card that is charged."""

from alembic import op

from api.kernel import changes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEYS = {"credit_note": ("id",), "refund": ("id",)}

TABLES = """
CREATE TABLE credit_note (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_credit_note PRIMARY KEY,
    number bigint NOT NULL CONSTRAINT uq_credit_note_number UNIQUE,
    invoice_id uuid NOT NULL CONSTRAINT fk_credit_note_invoice_id REFERENCES invoice (id),
    customer_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    tax_cents bigint NOT NULL,
    currency varchar NOT NULL,
    applies_to varchar NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT ck_credit_note_applies_to
        CHECK (applies_to IN ('invoice', 'next_invoice', 'refund')),
    CONSTRAINT ck_credit_note_amount_cents CHECK (amount_cents > 0),
    CONSTRAINT ck_credit_note_tax_cents CHECK (tax_cents BETWEEN 0 AND amount_cents)
);
CREATE INDEX ix_credit_note_invoice ON credit_note (invoice_id);
CREATE INDEX ix_credit_note_created ON credit_note (created_at);

CREATE TABLE refund (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_refund PRIMARY KEY,
    payment_id uuid NOT NULL CONSTRAINT fk_refund_payment_id REFERENCES payment (id),
    invoice_id uuid NOT NULL CONSTRAINT fk_refund_invoice_id REFERENCES invoice (id),
    customer_id uuid NOT NULL,
    amount_cents bigint NOT NULL,
    currency varchar NOT NULL,
    idempotency_key varchar NOT NULL CONSTRAINT uq_refund_idempotency_key UNIQUE,
    status varchar NOT NULL,
    provider_reference varchar,
    refusal varchar,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT ck_refund_status CHECK (status IN ('intent', 'unknown', 'refunded', 'refused')),
    CONSTRAINT ck_refund_amount_cents CHECK (amount_cents > 0)
);
CREATE INDEX ix_refund_invoice ON refund (invoice_id);
CREATE INDEX ix_refund_customer ON refund (customer_id);
CREATE INDEX ix_refund_decided ON refund (decided_at);
CREATE INDEX ix_refund_open ON refund (id) WHERE status IN ('intent', 'unknown');

CREATE TABLE credit_balance (
    customer_id uuid NOT NULL CONSTRAINT pk_credit_balance PRIMARY KEY,
    currency varchar NOT NULL,
    cents bigint NOT NULL,
    version integer NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT ck_credit_balance_cents CHECK (cents >= 0)
);
CREATE INDEX ix_credit_balance_updated ON credit_balance (updated_at);

CREATE TABLE finance_act (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_finance_act PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_id uuid NOT NULL,
    act varchar NOT NULL,
    customer_id uuid,
    contract_id uuid,
    invoice_id uuid,
    subject_id uuid,
    amount_cents bigint,
    reason varchar NOT NULL,
    CONSTRAINT ck_finance_act_act CHECK (act IN (
        'retry', 'refund', 'credit_note', 'write_off', 'hold', 'release', 'close_alert'
    ))
);
CREATE INDEX ix_finance_act_at ON finance_act (at DESC, id DESC);
CREATE INDEX ix_finance_act_customer ON finance_act (customer_id, at DESC);
CREATE INDEX ix_finance_act_invoice ON finance_act (invoice_id);
CREATE INDEX ix_finance_act_contract ON finance_act (contract_id);

CREATE TABLE default_card (
    customer_id uuid NOT NULL CONSTRAINT pk_default_card PRIMARY KEY,
    card_id uuid NOT NULL,
    version integer NOT NULL
)
"""
# Columns with constant defaults and checks that every row there already meets: no rewrite.
COLUMNS = """
ALTER TABLE contract ADD COLUMN held_since timestamptz;
ALTER TABLE contract ADD COLUMN billing_version integer DEFAULT 0 NOT NULL;
CREATE INDEX ix_contract_updated ON contract (updated_at);
CREATE INDEX ix_contract_held ON contract (held_since) WHERE held_since IS NOT NULL;
ALTER TABLE dunning ADD COLUMN asked_at timestamptz;
CREATE INDEX ix_dunning_asked ON dunning (asked_at) WHERE asked_at IS NOT NULL;
ALTER TABLE invoice ADD COLUMN credited_cents bigint DEFAULT 0 NOT NULL;
ALTER TABLE invoice ADD COLUMN noted_cents bigint DEFAULT 0 NOT NULL;
ALTER TABLE invoice ADD COLUMN refunded_cents bigint DEFAULT 0 NOT NULL;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_credited_cents
    CHECK (credited_cents BETWEEN 0 AND greatest(total_cents, 0));
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_noted_cents
    CHECK (noted_cents BETWEEN 0 AND greatest(total_cents, 0));
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_refunded_cents
    CHECK (refunded_cents BETWEEN 0 AND greatest(total_cents, 0) - credited_cents
        AND (refunded_cents = 0 OR status = 'paid'));
CREATE INDEX ix_invoice_period ON invoice (period_start DESC, id DESC);
CREATE INDEX ix_invoice_unusual ON invoice (status, period_start DESC, id DESC)
    WHERE status <> 'paid'
"""
WIDER = """
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_status;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_status CHECK (status IN (
    'draft', 'parked', 'issued', 'paid', 'declined', 'credited', 'written_off', 'void'
));
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_numbered;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_numbered
    CHECK ((number IS NULL) = (status IN ('draft', 'parked')) OR status = 'void');
ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_cause;
ALTER TABLE ledger_entry ADD CONSTRAINT ck_ledger_entry_cause CHECK (cause IN (
    'invoice', 'credit', 'payment', 'refund', 'credit_note', 'write_off'
))
"""
NARROWER = """
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_refunded_cents;
UPDATE invoice SET status = 'void' WHERE status IN ('credited', 'written_off');
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_status;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_status
    CHECK (status IN ('draft', 'parked', 'issued', 'paid', 'declined', 'void'));
UPDATE invoice SET status = 'parked' WHERE status = 'void' AND number IS NULL;
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_numbered;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_numbered
    CHECK ((number IS NULL) = (status IN ('draft', 'parked')));
UPDATE ledger_entry SET cause = 'credit_note' WHERE cause = 'credit';
ALTER TABLE ledger_entry DROP CONSTRAINT ck_ledger_entry_cause;
ALTER TABLE ledger_entry ADD CONSTRAINT ck_ledger_entry_cause
    CHECK (cause IN ('invoice', 'payment', 'refund', 'credit_note', 'write_off'));
DROP INDEX ix_invoice_unusual;
DROP INDEX ix_invoice_period;
ALTER TABLE invoice DROP COLUMN refunded_cents;
ALTER TABLE invoice DROP COLUMN noted_cents;
ALTER TABLE invoice DROP COLUMN credited_cents;
ALTER TABLE dunning DROP COLUMN asked_at;
DROP INDEX ix_contract_updated;
ALTER TABLE contract DROP COLUMN billing_version;
ALTER TABLE contract DROP COLUMN held_since
"""


def upgrade() -> None:
    for script in (TABLES, COLUMNS, WIDER):
        _run(script)
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    for table in ("default_card", "finance_act", "credit_balance", "refund", "credit_note"):
        op.drop_table(table)
    _run(NARROWER)


def _run(script: str) -> None:
    for statement in script.split(";\n"):
        op.execute(statement)
