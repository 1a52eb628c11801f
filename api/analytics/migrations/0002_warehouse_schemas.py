"""The warehouse's schemas, and how far each mirrored table is."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LANDING = """
CREATE TABLE landing.watermark (
    source text NOT NULL,
    table_name text NOT NULL,
    system_identifier bigint NOT NULL,
    timeline integer NOT NULL,
    storage text NOT NULL,
    columns text[] NOT NULL,
    low_xid xid8 NOT NULL,
    as_of timestamptz NOT NULL,
    CONSTRAINT pk_watermark PRIMARY KEY (source, table_name)
);
COMMENT ON TABLE landing.watermark IS
    'Every transaction of the source below low_xid is in the raw table. Another server, '
    'timeline, storage (database and file of the table) or other columns: read all again.';

CREATE TABLE landing.quarantine (
    source text NOT NULL,
    table_name text NOT NULL,
    key jsonb NOT NULL,
    looks_like text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_quarantine PRIMARY KEY (source, table_name, key)
);
COMMENT ON TABLE landing.quarantine IS
    'Keys of rows kept out of raw because a value in them looks like personal data.';
"""
SCHEMAS = ("raw", "landing", "staging", "intermediate", "marts")


def upgrade() -> None:
    for schema in SCHEMAS:
        op.execute(f"CREATE SCHEMA {schema}")
    op.execute(LANDING)


def downgrade() -> None:
    op.execute("DROP TABLE landing.quarantine")
    op.execute("DROP TABLE landing.watermark")
    # What dbt built in them belongs to it and can be built again.
    for schema in reversed(SCHEMAS):
        op.execute(f"DROP SCHEMA {schema} CASCADE")
