"""Outliers that finance looks at one by one, and runs that two people approve."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# A column without a default, a check that an empty one meets, an index of open work: no rewrite.
FORWARD = """
ALTER TABLE invoice ADD COLUMN review varchar;
ALTER TABLE invoice ADD CONSTRAINT ck_invoice_review
    CHECK (review IN ('outlier', 'released'));
CREATE INDEX ix_invoice_released ON invoice (run_id)
    WHERE review = 'released' AND status = 'draft';
ALTER TABLE billing_run ADD COLUMN first_approved_hash bytea;
ALTER TABLE billing_run ADD COLUMN first_approved_by varchar;
ALTER TABLE billing_run ADD COLUMN first_approved_at timestamptz;
CREATE TABLE approval_limit (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_approval_limit PRIMARY KEY,
    limit_cents bigint NOT NULL,
    set_by uuid NOT NULL,
    set_at timestamptz NOT NULL,
    reason varchar NOT NULL,
    CONSTRAINT ck_approval_limit_limit_cents CHECK (limit_cents >= 0)
);
ALTER TABLE run_event DROP CONSTRAINT ck_run_event_act;
ALTER TABLE run_event ADD CONSTRAINT ck_run_event_act CHECK (act IN (
    'drafted', 'held', 'approved', 'refused', 'issued', 'finished',
    'first_approved', 'released', 'voided'
));
ALTER TABLE finance_act DROP CONSTRAINT ck_finance_act_act;
ALTER TABLE finance_act ADD CONSTRAINT ck_finance_act_act CHECK (act IN (
    'retry', 'refund', 'credit_note', 'write_off', 'hold', 'release', 'close_alert',
    'release_outlier', 'void_outlier'
))
"""
BACK = """
DELETE FROM finance_act WHERE act IN ('release_outlier', 'void_outlier');
ALTER TABLE finance_act DROP CONSTRAINT ck_finance_act_act;
ALTER TABLE finance_act ADD CONSTRAINT ck_finance_act_act CHECK (act IN (
    'retry', 'refund', 'credit_note', 'write_off', 'hold', 'release', 'close_alert'
));
DELETE FROM run_event WHERE act IN ('first_approved', 'released', 'voided');
ALTER TABLE run_event DROP CONSTRAINT ck_run_event_act;
ALTER TABLE run_event ADD CONSTRAINT ck_run_event_act
    CHECK (act IN ('drafted', 'held', 'approved', 'refused', 'issued', 'finished'));
DROP TABLE approval_limit;
ALTER TABLE billing_run DROP COLUMN first_approved_at;
ALTER TABLE billing_run DROP COLUMN first_approved_by;
ALTER TABLE billing_run DROP COLUMN first_approved_hash;
ALTER TABLE invoice DROP COLUMN review
"""


def upgrade() -> None:
    _execute(FORWARD)


def downgrade() -> None:
    _execute(BACK)


def _execute(statements: str) -> None:
    for statement in statements.split(";"):
        op.execute(statement)
