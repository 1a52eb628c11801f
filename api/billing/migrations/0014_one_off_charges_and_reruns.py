"""One-off charges and credits, totals that carry forward, and customers billed again."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Columns with constant defaults, checks that every row there meets once the parked credits are
# gone, indexes of few rows: no rewrite.
FORWARD = """
CREATE TABLE one_off (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_one_off PRIMARY KEY,
    contract_id uuid NOT NULL CONSTRAINT fk_one_off_contract_id REFERENCES contract (id),
    customer_id uuid NOT NULL,
    kind varchar NOT NULL,
    amount_cents bigint NOT NULL,
    currency varchar NOT NULL,
    description varchar NOT NULL,
    product_class varchar NOT NULL,
    from_period date NOT NULL,
    created_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT ck_one_off_kind CHECK (kind IN ('charge', 'credit')),
    CONSTRAINT ck_one_off_product_class
        CHECK (product_class IN ('support_plan', 'visit', 'spare_part', 'untaxed')),
    CONSTRAINT ck_one_off_amount_cents CHECK (amount_cents > 0)
);
CREATE INDEX ix_one_off_contract ON one_off (contract_id);
CREATE INDEX ix_one_off_customer ON one_off (customer_id);
CREATE INDEX ix_one_off_created ON one_off (created_at DESC, id DESC);
CREATE INDEX ix_one_off_period ON one_off (from_period) WHERE withdrawn_at IS NULL;
ALTER TABLE invoice_line ADD COLUMN one_off_id uuid
    CONSTRAINT fk_invoice_line_one_off_id REFERENCES one_off (id);
CREATE UNIQUE INDEX uq_invoice_line_one_off ON invoice_line (one_off_id)
    WHERE one_off_id IS NOT NULL;
ALTER TABLE invoice_line DROP CONSTRAINT ck_invoice_line_kind;
ALTER TABLE invoice_line ADD CONSTRAINT ck_invoice_line_kind CHECK (kind IN (
    'plan', 'proration', 'charge', 'credit', 'tax', 'carried_forward'
));
CREATE TABLE rerun (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_rerun PRIMARY KEY,
    run_id uuid NOT NULL CONSTRAINT fk_rerun_run_id REFERENCES billing_run (id),
    customer_id uuid NOT NULL,
    asked_by varchar NOT NULL,
    reason varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    done_at timestamptz,
    drafted integer,
    parked integer
);
CREATE INDEX ix_rerun_run ON rerun (run_id, asked_at DESC);
CREATE INDEX ix_rerun_customer ON rerun (customer_id);
CREATE UNIQUE INDEX uq_rerun_open ON rerun (run_id, customer_id) WHERE done_at IS NULL;
ALTER TABLE run_event DROP CONSTRAINT ck_run_event_act;
ALTER TABLE run_event ADD CONSTRAINT ck_run_event_act CHECK (act IN (
    'drafted', 'held', 'approved', 'refused', 'issued', 'finished',
    'first_approved', 'released', 'voided', 'rerun'
));
ALTER TABLE finance_act DROP CONSTRAINT ck_finance_act_act;
ALTER TABLE finance_act ADD CONSTRAINT ck_finance_act_act CHECK (act IN (
    'retry', 'refund', 'credit_note', 'write_off', 'hold', 'release', 'close_alert',
    'release_outlier', 'void_outlier', 'one_off', 'withdraw_one_off', 'rerun'
));
ALTER TABLE invoice ADD COLUMN carried_cents bigint DEFAULT 0 NOT NULL;
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_total;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_total
    CHECK (total_cents = subtotal_cents + tax_cents + carried_cents);
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_review;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_review
    CHECK (review IN ('outlier', 'released', 'late'));
DROP INDEX ix_invoice_released;
CREATE INDEX ix_invoice_late ON invoice (run_id)
    WHERE review IN ('released', 'late') AND status = 'draft'
"""

# Credits that runs have parked are drafted again as what carries forward: with their run while
# that is not decided, else for their customer alone.
CREDITS = "status = 'parked' AND review IS NULL"
REDRAFT = f"""
INSERT INTO rerun (run_id, customer_id, asked_by, reason, asked_at)
SELECT DISTINCT i.run_id, i.customer_id, 'upgrade', 'A parked credit is carried forward.', now()
FROM invoice i JOIN billing_run r ON r.id = i.run_id
WHERE i.{CREDITS} AND r.status NOT IN ('drafted', 'held', 'refused');
UPDATE alert SET status = 'closed', closed_at = now()
WHERE kind = 'credit_due' AND status = 'open';
UPDATE alert SET status = 'closed', closed_at = now() WHERE kind = 'run_held' AND status = 'open'
    AND subject_id IN (SELECT run_id FROM invoice WHERE {CREDITS})
    AND subject_id IN (SELECT id FROM billing_run WHERE status = 'held');
UPDATE billing_run SET status = 'drafted', rows_hash = NULL, findings = '[]',
    first_approved_hash = NULL, first_approved_by = NULL, first_approved_at = NULL
WHERE status = 'held' AND id IN (SELECT run_id FROM invoice WHERE {CREDITS});
DELETE FROM invoice_line WHERE invoice_id IN (SELECT id FROM invoice WHERE {CREDITS});
DELETE FROM invoice WHERE {CREDITS};
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_not_negative
    CHECK (carried_cents >= 0 AND (total_cents >= 0 OR status = 'void'))
"""  # noqa: S608 - constants

# Taxed like support plans to begin with; what is not taxed at all has a rate of nothing.
RATES = """
INSERT INTO tax_rate (state, product_class, valid_from, rate_millionths)
SELECT state, class, valid_from, CASE WHEN class = 'untaxed' THEN 0 ELSE rate_millionths END
FROM tax_rate, unnest(CAST(ARRAY['visit', 'spare_part', 'untaxed'] AS text[])) AS class
WHERE product_class = 'support_plan'
"""

BACK = """
DELETE FROM tax_rate WHERE product_class IN ('visit', 'spare_part', 'untaxed');
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_not_negative;
DROP INDEX ix_invoice_late;
UPDATE invoice SET review = 'released' WHERE review = 'late';
CREATE INDEX ix_invoice_released ON invoice (run_id)
    WHERE review = 'released' AND status = 'draft';
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_review;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_review CHECK (review IN ('outlier', 'released'));
ALTER TABLE invoice DROP CONSTRAINT ck_invoice_total;
UPDATE invoice SET subtotal_cents = subtotal_cents + carried_cents WHERE carried_cents <> 0;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_total
    CHECK (total_cents = subtotal_cents + tax_cents);
ALTER TABLE invoice DROP COLUMN carried_cents;
DELETE FROM finance_act WHERE act IN ('one_off', 'withdraw_one_off', 'rerun');
ALTER TABLE finance_act DROP CONSTRAINT ck_finance_act_act;
ALTER TABLE finance_act ADD CONSTRAINT ck_finance_act_act CHECK (act IN (
    'retry', 'refund', 'credit_note', 'write_off', 'hold', 'release', 'close_alert',
    'release_outlier', 'void_outlier'
));
DELETE FROM run_event WHERE act = 'rerun';
ALTER TABLE run_event DROP CONSTRAINT ck_run_event_act;
ALTER TABLE run_event ADD CONSTRAINT ck_run_event_act CHECK (act IN (
    'drafted', 'held', 'approved', 'refused', 'issued', 'finished',
    'first_approved', 'released', 'voided'
));
DROP TABLE rerun;
UPDATE invoice_line SET kind = 'credit' WHERE kind IN ('charge', 'carried_forward');
ALTER TABLE invoice_line DROP CONSTRAINT ck_invoice_line_kind;
ALTER TABLE invoice_line ADD CONSTRAINT ck_invoice_line_kind
    CHECK (kind IN ('plan', 'proration', 'credit', 'tax'));
ALTER TABLE invoice_line DROP COLUMN one_off_id;
DROP TABLE one_off
"""


def upgrade() -> None:
    for statements in (FORWARD, REDRAFT, RATES):
        _execute(statements)


def downgrade() -> None:
    _execute(BACK)


def _execute(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)
