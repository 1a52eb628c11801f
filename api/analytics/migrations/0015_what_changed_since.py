"""Which things changed in what has landed, and how far each mart follows: what an incremental
build needs. See docs/decisions/0055."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE landing.noted (
    table_name text,
    column_name text,
    CONSTRAINT pk_noted PRIMARY KEY (table_name, column_name)
);
COMMENT ON TABLE landing.noted IS
    'Columns whose values are noted in landing.change when a row of the table is written or '
    'goes. A change of a table that is not here is noted without saying which rows.';

CREATE TABLE landing.change (
    table_name text NOT NULL,
    column_name text,
    id uuid
);
COMMENT ON TABLE landing.change IS
    'What changed in landed tables, in the transaction that changed it: the old and the new value '
    'of each noted column. Without an id: anything in the table may have changed. A build takes '
    'out what it sees; what is not committed yet is left for the next.';

CREATE TABLE landing.gathering (
    only_row boolean CONSTRAINT pk_gathering PRIMARY KEY DEFAULT true CHECK (only_row),
    number bigint NOT NULL,
    as_of_date date,
    tested bigint NOT NULL
);
INSERT INTO landing.gathering (number, tested) VALUES (0, 0);
COMMENT ON TABLE landing.gathering IS
    'The number of the last gathering, and the day that it saw; up to the number tested, every '
    'blocking test of the marts passed.';

CREATE TABLE landing.touched (
    gathering bigint NOT NULL,
    entity text NOT NULL,
    id uuid
);
CREATE INDEX ix_touched_entity ON landing.touched (entity, gathering);
COMMENT ON TABLE landing.touched IS
    'What a gathering found: tickets, customers, invoices ... that must be computed again. '
    'Without an id: all of them.';

CREATE TABLE landing.built (
    model text CONSTRAINT pk_built PRIMARY KEY,
    mark text NOT NULL,
    gathering bigint NOT NULL
);
COMMENT ON TABLE landing.built IS
    'Up to which gathering a mart is built, and by which SQL; written with its rows.';

-- It writes with its owner's rights: whoever may write an answer needs none on landing.
CREATE FUNCTION landing.note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    INSERT INTO landing.change (table_name, column_name, id)
    SELECT DISTINCT TG_TABLE_NAME, name, (to_jsonb(rows) ->> name)::uuid
    FROM rows, unnest(TG_ARGV) AS name;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION landing.note() FROM PUBLIC;
"""

NOTED = {
    "sysops__ticket": ("id",),
    "sysops__ticket_event": ("ticket_id",),
    "sysops__assignment": ("ticket_id",),
    "sysops__assignment_decision": ("ticket_id",),
    "sysops__assignment_run": ("id",),
    "sysops__expert": ("id",),
    "sysops__article": ("id",),
    "sysops__article_query": ("id",),
    "sysops__article_solution": ("id", "query_id"),
    "sysops__article_link": ("id",),
    "customer__ticket": ("id",),
    "customer__survey": ("ticket_id",),
    "customer__account": ("id",),
    "customer__address": ("id", "account_id"),
    "customer__notification_preference": ("account_id",),
    "customer__contract": ("id", "account_id"),
    "customer__card": ("account_id",),
    "billing__invoice": ("id",),
    "billing__invoice_line": ("invoice_id",),
    "billing__payment": ("invoice_id",),
    "billing__refund": ("invoice_id",),
    "billing__credit_note": ("invoice_id",),
    "billing__chargeback": ("invoice_id",),
    "billing__dunning": ("invoice_id",),
    "billing__ledger_entry": ("id", "posting_id", "invoice_id"),
}

# What rows of one thing are found by. Primary keys are there already.
INDEXES = {
    "sysops__ticket": ("contract_id",),
    "sysops__ticket_event": ("ticket_id",),
    "sysops__assignment": ("ticket_id",),
    "sysops__assignment_decision": ("ticket_id",),
    "sysops__article_solution": ("query_id",),
    "customer__ticket": ("contract_id", "address_id"),
    "customer__survey": ("ticket_id",),
    "customer__address": ("account_id",),
    "customer__contract": ("account_id",),
    "customer__card": ("account_id",),
    "billing__invoice": ("contract_id",),
    "billing__payment": ("invoice_id",),
    "billing__refund": ("invoice_id",),
    "billing__credit_note": ("invoice_id",),
    "billing__chargeback": ("invoice_id",),
}
ANSWERS = ("survey_response", "survey_choice")
EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def note_ddl(table: str, column: str) -> Iterator[str]:
    """Triggers that note each row written; an update notes what the row was and what it is."""
    for event, sides in EVENTS.items():
        for side in sides:
            yield (
                f"CREATE TRIGGER note_{event}_{side.lower()} AFTER {event.upper()} ON {table} "
                f"REFERENCING {side} TABLE AS rows "
                f"FOR EACH STATEMENT EXECUTE FUNCTION landing.note('{column}')"
            )


def upgrade() -> None:
    op.execute(TABLES)
    op.bulk_insert(
        sa.table("noted", sa.column("table_name"), sa.column("column_name"), schema="landing"),
        [
            {"table_name": table, "column_name": column}
            for table, columns in NOTED.items()
            for column in columns
        ],
    )
    for table, columns in INDEXES.items():
        for column in columns:
            op.execute(f"CREATE INDEX ix_{table}_{column} ON raw.{table} ({column})")
    for table in ANSWERS:
        for statement in note_ddl(table, "survey_id"):
            op.execute(statement)


def downgrade() -> None:
    for table in ANSWERS:
        for event, sides in EVENTS.items():
            for side in sides:
                op.execute(f"DROP TRIGGER note_{event}_{side.lower()} ON {table}")
    for table, columns in INDEXES.items():
        for column in columns:
            op.execute(f"DROP INDEX raw.ix_{table}_{column}")
    op.execute("DROP FUNCTION landing.note")
    for name in ("built", "touched", "gathering", "change", "noted"):
        op.execute(f"DROP TABLE landing.{name}")
