"""Articles say whom they are for; customers search them, and what helped them is counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
AUDIENCES = "audience IN ('internal', 'customers')"
READERS = "IN ('staff', 'customers')"

# As in 0010; `{audience}` is one facet more.
_KEEP_INDEX = """
CREATE OR REPLACE FUNCTION keep_article_index() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone uuid[] := '{{}}';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT coalesce(array_agg(id), '{{}}') INTO gone FROM stale WHERE status = 'published';
        WITH removed AS (
            DELETE FROM article_index WHERE article_id = ANY(gone) RETURNING document
        ), less AS (
            SELECT word, count(*) AS articles
            FROM removed, unnest(tsvector_to_array(document)) AS word
            GROUP BY word ORDER BY word
        )
        UPDATE article_word SET articles = article_word.articles - less.articles
        FROM less WHERE article_word.word = less.word;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        WITH added AS (
            INSERT INTO article_index (article_id, document, facets)
            SELECT id,
                setweight(to_tsvector('knowledge', normalize(title, NFKC)), 'A')
                || setweight(to_tsvector('knowledge',
                    normalize(array_to_string(keywords || tags, ' '), NFKC)), 'B')
                || to_tsvector('knowledge', normalize(body, NFKC)),
                ARRAY(SELECT 'tag:' || tag FROM unnest(tags) AS tag)
                || CASE WHEN ticket_types = '{{}}' THEN ARRAY['type:']
                    ELSE ARRAY(SELECT 'type:' || kind FROM unnest(ticket_types) AS kind) END
                || ('device:' || coalesce(device_type, '')){audience}
            FROM fresh WHERE status = 'published'
            RETURNING document
        )
        INSERT INTO article_word (word, articles)
        SELECT word, count(*) FROM added, unnest(tsvector_to_array(document)) AS word
        GROUP BY word ORDER BY word
        ON CONFLICT (word) DO UPDATE SET articles = article_word.articles + EXCLUDED.articles;
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    for table in ("article", "article_version"):
        op.add_column(
            table, sa.Column("audience", sa.String(), server_default="internal", nullable=False)
        )
        op.create_check_constraint(op.f(f"ck_{table}_audience"), table, AUDIENCES)
    op.execute(_KEEP_INDEX.format(audience="\n                || ('for:' || audience)"))
    # What is published already is for staff, and is found by them with any facet.
    op.execute("UPDATE article_index SET facets = facets || 'for:internal'::text")
    _say_who_asked()
    op.create_table(
        "article_customer_vote",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("customer_id", sa.Uuid(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("voted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_customer_vote_article_id")
        ),
        sa.PrimaryKeyConstraint("article_id", "customer_id", name=op.f("pk_article_customer_vote")),
    )


def _say_who_asked() -> None:
    asked = sa.Column("asked_by", sa.String(), server_default="staff", nullable=False)
    op.add_column("article_query", asked)
    op.create_check_constraint(
        op.f("ck_article_query_asked_by"), "article_query", f"asked_by {READERS}"
    )
    op.create_index("ix_article_query_asked_at", "article_query", ["asked_at"])
    said = sa.Column("said_by", sa.String(), server_default="staff", nullable=False)
    op.add_column("article_solution", said)
    op.create_check_constraint(
        op.f("ck_article_solution_said_by"), "article_solution", f"said_by {READERS}"
    )
    op.add_column("article_solution", sa.Column("query_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_article_solution_query_id"),
        "article_solution",
        "article_query",
        ["query_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(
        "uq_article_solution_query",
        "article_solution",
        ["query_id", "article_id"],
        unique=True,
        postgresql_where=sa.text("query_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("article_customer_vote")
    op.drop_index("uq_article_solution_query", table_name="article_solution")
    op.drop_column("article_solution", "query_id")
    op.drop_column("article_solution", "said_by")
    op.drop_index("ix_article_query_asked_at", table_name="article_query")
    op.drop_column("article_query", "asked_by")
    op.execute(_KEEP_INDEX.format(audience=""))
    op.execute("UPDATE article_index SET facets = array_remove(facets, 'for:internal')")
    op.execute("UPDATE article_index SET facets = array_remove(facets, 'for:customers')")
    for table in ("article_version", "article"):
        op.drop_column(table, "audience")
