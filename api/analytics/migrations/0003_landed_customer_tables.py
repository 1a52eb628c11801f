"""The customer tables as they land: the columns that the replicator may read, no other."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE raw.customer__account (
    id uuid, version integer, created_at timestamptz, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__account PRIMARY KEY (id)
);
CREATE TABLE raw.customer__address (
    id uuid, account_id uuid, state text, zip text, time_zone text, created_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__address PRIMARY KEY (id)
);
CREATE TABLE raw.customer__notification_preference (
    account_id uuid, arrival_channel text,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__notification_preference PRIMARY KEY (account_id)
);
CREATE TABLE raw.customer__contract (
    id uuid, account_id uuid, address_id uuid, plan_code text, status text, standing text,
    standing_version integer, starts_on date, ends_on date, version integer, created_at timestamptz,
    updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__contract PRIMARY KEY (id)
);
CREATE TABLE raw.customer__card (
    id uuid, account_id uuid, brand text, status text, created_at timestamptz,
    updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__card PRIMARY KEY (id)
);
CREATE TABLE raw.customer__ticket (
    id uuid, number bigint, account_id uuid, contract_id uuid, address_id uuid, ticket_type text,
    priority text, channel text, status text, version integer, pending_request text,
    window_start timestamptz, window_end timestamptz, submitted_at timestamptz,
    resolved_at timestamptz, updated_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__ticket PRIMARY KEY (id)
);
CREATE TABLE raw.customer__survey (
    id uuid, ticket_id uuid, ticket_version integer, account_id uuid, sent_at timestamptz,
    expires_at timestamptz, answered_at timestamptz, score integer, would_recommend integer,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__survey PRIMARY KEY (id)
);
CREATE TABLE raw.customer__notification (
    id uuid, account_id uuid, ticket_id uuid, kind text, channel text, status text,
    created_at timestamptz, sent_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_customer__notification PRIMARY KEY (id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in (
        "customer__account",
        "customer__address",
        "customer__notification_preference",
        "customer__contract",
        "customer__card",
        "customer__ticket",
        "customer__survey",
        "customer__notification",
    ):
        op.execute(f"DROP TABLE raw.{table}")
