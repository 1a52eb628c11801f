"""What the checks at landing ask for, found without reading a table from end to end. See
docs/decisions/0074."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Of rows that no check lets pass, so that an index is empty as long as all is well.
IMPOSSIBLE = {
    "ix_customer__survey_score_impossible": (
        "customer__survey",
        "score < 1 OR score > 5",
    ),
    "ix_customer__survey_would_recommend_impossible": (
        "customer__survey",
        "would_recommend < 0 OR would_recommend > 10",
    ),
    "ix_sysops__assignment_travel_km_impossible": (
        "sysops__assignment",
        "travel_km < 0 OR travel_km > 1000",
    ),
    "ix_sysops__assignment_during_impossible": (
        "sysops__assignment",
        "during_end <= during_start",
    ),
    "ix_sysops__ticket_sla_due_at_impossible": (
        "sysops__ticket",
        "sla_due_at <= submitted_at",
    ),
    "ix_sysops__ticket_time_zone_impossible": (
        "sysops__ticket",
        "time_zone IS NULL",
    ),
    "ix_customer__address_time_zone_impossible": (
        "customer__address",
        "time_zone IS NULL",
    ),
    "ix_customer__address_zip_impossible": (
        "customer__address",
        "zip !~ '^[0-9]{5}$'",
    ),
    "ix_billing__payment_amount_cents_impossible": (
        "billing__payment",
        "amount_cents < 1 OR amount_cents > 10000000",
    ),
    "ix_billing__invoice_total_cents_impossible": (
        "billing__invoice",
        "total_cents < 0 OR total_cents > 10000000",
    ),
}

# Of each range of pages the first and the last landing is noted, which costs a write next to
# nothing; what landed lately lies together.
LANDED_AT = """
DO $$
DECLARE
    it text;
BEGIN
    FOR it IN SELECT relname FROM pg_class
        WHERE relnamespace = 'raw'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format(
            'CREATE INDEX %I ON raw.%I USING brin (landed_at) '
            'WITH (pages_per_range = 32, autosummarize = on)', 'ix_' || it || '_landed_at', it
        );
    END LOOP;
END $$
"""
NO_LANDED_AT = """
DO $$
DECLARE
    it regclass;
BEGIN
    FOR it IN SELECT indexrelid FROM pg_index JOIN pg_class ON oid = indexrelid
        WHERE relnamespace = 'raw'::regnamespace AND relname LIKE 'ix\\_%\\_landed\\_at'
    LOOP
        EXECUTE format('DROP INDEX %s', it);
    END LOOP;
END $$
"""


def upgrade() -> None:
    for name, (table, condition) in IMPOSSIBLE.items():
        op.execute(f"CREATE INDEX {name} ON raw.{table} (id) WHERE {condition}")
    op.execute(LANDED_AT)


def downgrade() -> None:
    op.execute(NO_LANDED_AT)
    for name in IMPOSSIBLE:
        op.execute(f"DROP INDEX raw.{name}")
