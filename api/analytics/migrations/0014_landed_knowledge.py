"""Searches for articles and what articles were good for, as they land."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE raw.sysops__article
    ADD COLUMN version integer, ADD COLUMN audience text, ADD COLUMN ticket_types text[];
CREATE TABLE raw.sysops__article_query (
    id uuid, results integer, asked_by text, asked_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__article_query PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__article_solution (
    id uuid, article_id uuid, solved_at timestamptz, said_by text, query_id uuid,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__article_solution PRIMARY KEY (id)
);
CREATE TABLE raw.sysops__article_vote (
    article_id uuid, staff_id uuid, helpful boolean, voted_at timestamptz,
    landed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_sysops__article_vote PRIMARY KEY (article_id, staff_id)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    # What is read anew after going forward again, is read whole.
    op.execute(
        "DELETE FROM landing.watermark WHERE source = 'sysops'"
        " AND table_name IN ('article', 'article_query', 'article_solution', 'article_vote')"
    )
    for table in ("article_query", "article_solution", "article_vote"):
        op.execute(f"DROP TABLE raw.sysops__{table}")
    op.execute(
        "ALTER TABLE raw.sysops__article"
        " DROP COLUMN version, DROP COLUMN audience, DROP COLUMN ticket_types"
    )
