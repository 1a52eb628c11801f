"""Statements with what was done about them, credit, how a contract is billed, and the card that
is charged.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FORWARD = """
ALTER TABLE statement DROP CONSTRAINT ck_statement_status;
ALTER TABLE statement ADD CONSTRAINT ck_statement_status CHECK (status IN (
    'issued', 'paid', 'declined', 'credited', 'written_off', 'void'
));
ALTER TABLE statement ADD COLUMN due_cents bigint DEFAULT 0 NOT NULL;
ALTER TABLE statement ADD COLUMN settlements jsonb DEFAULT '[]' NOT NULL;
ALTER TABLE statement ADD COLUMN next_try_at timestamptz;
UPDATE statement SET due_cents = total_cents WHERE status IN ('issued', 'declined');
CREATE INDEX ix_statement_contract ON statement (contract_id, period_end);
CREATE INDEX ix_statement_owed ON statement (account_id) WHERE status IN ('issued', 'declined');
CREATE TABLE credit (
    account_id uuid NOT NULL CONSTRAINT pk_credit PRIMARY KEY
        CONSTRAINT fk_credit_account_id REFERENCES account (id),
    cents bigint NOT NULL,
    currency varchar NOT NULL,
    version integer NOT NULL
);
CREATE TABLE card_choice (
    account_id uuid NOT NULL CONSTRAINT pk_card_choice PRIMARY KEY
        CONSTRAINT fk_card_choice_account_id REFERENCES account (id),
    card_id uuid NOT NULL CONSTRAINT fk_card_choice_card_id REFERENCES card (id),
    version integer NOT NULL
);
ALTER TABLE card ADD COLUMN replaces_id uuid
    CONSTRAINT fk_card_replaces_id REFERENCES card (id);
ALTER TABLE contract ADD COLUMN replaces_id uuid
    CONSTRAINT fk_contract_replaces_id REFERENCES contract (id);
ALTER TABLE contract ADD COLUMN billing_held boolean DEFAULT false NOT NULL;
ALTER TABLE contract ADD COLUMN tax_rate_millionths integer;
ALTER TABLE contract ADD COLUMN billing_version integer DEFAULT 0 NOT NULL
"""
BACK = """
ALTER TABLE contract DROP COLUMN billing_version;
ALTER TABLE contract DROP COLUMN tax_rate_millionths;
ALTER TABLE contract DROP COLUMN billing_held;
ALTER TABLE contract DROP COLUMN replaces_id;
ALTER TABLE card DROP COLUMN replaces_id;
DROP TABLE card_choice;
DROP TABLE credit;
DROP INDEX ix_statement_owed;
DROP INDEX ix_statement_contract;
ALTER TABLE statement DROP COLUMN next_try_at;
ALTER TABLE statement DROP COLUMN settlements;
ALTER TABLE statement DROP COLUMN due_cents;
UPDATE statement SET status = 'void' WHERE status IN ('credited', 'written_off');
ALTER TABLE statement DROP CONSTRAINT ck_statement_status;
ALTER TABLE statement ADD CONSTRAINT ck_statement_status
    CHECK (status IN ('issued', 'paid', 'declined', 'void'))
"""


def upgrade() -> None:
    for statement in FORWARD.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in BACK.split(";\n"):
        op.execute(statement)
