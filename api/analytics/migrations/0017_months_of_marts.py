"""Which months of a mart were written, so that publishing reads no other. See
docs/decisions/0046."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE landing.mart_month (
    mart text NOT NULL,
    month text NOT NULL,
    stamp uuid NOT NULL DEFAULT gen_random_uuid(),
    CONSTRAINT pk_mart_month PRIMARY KEY (mart, month)
);
COMMENT ON TABLE landing.mart_month IS
    'The months (2026-03) that a mart has rows of, or had, each with a stamp that is another one '
    'after every write: with the same stamp a month has the same rows. It means nothing of a mart '
    'whose triggers are gone. Deleting from it has everything looked at again, and is safe.';

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
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    # The triggers of marts go with their function.
    op.execute("DROP FUNCTION landing.stamp_months CASCADE")
    op.execute("DROP TABLE landing.mart_month")
