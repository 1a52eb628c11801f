"""Customers ask for their data or its end; a closed account, and who was erased."""

from alembic import op

from api.kernel.erasure import ERASED_DDL

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FORWARD = f"""
ALTER TABLE account ADD COLUMN closed_at timestamptz;
CREATE TABLE data_request (
    id uuid DEFAULT uuidv7() NOT NULL CONSTRAINT pk_data_request PRIMARY KEY,
    account_id uuid NOT NULL
        CONSTRAINT fk_data_request_account_id REFERENCES account (id),
    kind varchar NOT NULL CONSTRAINT ck_data_request_kind CHECK (kind IN ('export', 'erasure')),
    status varchar NOT NULL CONSTRAINT ck_data_request_status
        CHECK (status IN ('requested', 'withdrawn', 'under_way', 'done', 'expired')),
    asked_at timestamptz NOT NULL,
    asked_by uuid,
    reason varchar,
    give_up_credit boolean DEFAULT false NOT NULL,
    due_at timestamptz NOT NULL,
    waits_for text[] DEFAULT '{{}}' NOT NULL,
    done_at timestamptz,
    expires_at timestamptz,
    parts integer DEFAULT 0 NOT NULL,
    receipt jsonb
);
CREATE UNIQUE INDEX uq_data_request_open ON data_request (account_id, kind)
    WHERE status IN ('requested', 'under_way');
CREATE INDEX ix_data_request_due ON data_request (due_at)
    WHERE status IN ('requested', 'under_way');
CREATE INDEX ix_data_request_account ON data_request (account_id, asked_at DESC, id DESC);
CREATE INDEX ix_data_request_asked ON data_request (asked_at DESC, id DESC);
CREATE INDEX ix_data_request_expires ON data_request (expires_at) WHERE parts > 0;
CREATE TABLE export_part (
    request_id uuid NOT NULL
        CONSTRAINT fk_export_part_request_id REFERENCES data_request (id),
    number integer NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT pk_export_part PRIMARY KEY (request_id, number)
);
ALTER TABLE export_part ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX ix_attachment_account ON attachment (account_id);
{ERASED_DDL}
"""
BACK = """
DROP TABLE erased_customer;
DROP INDEX ix_attachment_account;
DROP TABLE export_part;
DROP TABLE data_request;
ALTER TABLE account DROP COLUMN closed_at
"""


def upgrade() -> None:
    for statement in FORWARD.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in BACK.split(";\n"):
        op.execute(statement)
