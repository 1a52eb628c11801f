"""Which months of a mart were written, so that publishing reads no other. See
docs/decisions/0055."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE landing.mart_month (
    mart text NOT NULL,
    month text,
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT uq_mart_month UNIQUE NULLS NOT DISTINCT (mart, month)
);
COMMENT ON TABLE landing.mart_month IS
    'The months (2026-03) that a mart has rows of, or had, each with a stamp that is another one '
    'after every write: with the same stamp a month has the same rows. Without a month: rows '
    'that have none. A mart that is not here has no triggers that would tell.';

-- Of the month in the column that the trigger names, of each row written or gone.
CREATE FUNCTION landing.stamp_months() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = 'UTC' AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO landing.mart_month (mart, month) '
        'SELECT %L, month FROM (SELECT DISTINCT to_char(%I, ''YYYY-MM'') AS month FROM rows) AS it '
        'ON CONFLICT (mart, month) DO UPDATE SET stamp = excluded.stamp',
        TG_TABLE_NAME, TG_ARGV[0]
    );
    RETURN NULL;
END $$;

-- A mart that was emptied has no months; a count of its rows tells.
CREATE FUNCTION landing.forget_months() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    DELETE FROM landing.mart_month WHERE mart = TG_TABLE_NAME;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    # The triggers of marts go with their function.
    op.execute("DROP FUNCTION landing.stamp_months CASCADE")
    op.execute("DROP FUNCTION landing.forget_months CASCADE")
    op.execute("DROP TABLE landing.mart_month")
