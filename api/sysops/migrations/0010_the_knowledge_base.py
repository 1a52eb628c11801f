"""Articles are reviewed, tagged and kept in versions, and found by their words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
WORDS = postgresql.ARRAY(sa.TEXT())
STATUS = "ck_article_status"


# Both extensions are trusted: the owner of a database may make them.
_SEARCH = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE TEXT SEARCH CONFIGURATION knowledge (COPY = english);
ALTER TEXT SEARCH CONFIGURATION knowledge
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
"""
_INDEXES = """
CREATE INDEX ix_article_index_document ON article_index USING gin (document, facets);
CREATE INDEX ix_article_word_near ON article_word USING gin (word gin_trgm_ops);
"""
# With the owner's rights, as replication.bury: whoever may write an article needs none on the
# index, and no way of writing one (COPY included) can forget it. Words are counted in their
# order, so that two who publish at once do not block one another for good.
_KEEP_INDEX = """
CREATE FUNCTION keep_article_index() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    gone uuid[] := '{}';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT coalesce(array_agg(id), '{}') INTO gone FROM stale WHERE status = 'published';
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
                || CASE WHEN ticket_types = '{}' THEN ARRAY['type:']
                    ELSE ARRAY(SELECT 'type:' || kind FROM unnest(ticket_types) AS kind) END
                || ('device:' || coalesce(device_type, ''))
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

CREATE TRIGGER article_found AFTER INSERT ON article REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION keep_article_index();
CREATE TRIGGER article_refound AFTER UPDATE ON article
REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION keep_article_index();
CREATE TRIGGER article_lost AFTER DELETE ON article REFERENCING OLD TABLE AS stale
FOR EACH STATEMENT EXECUTE FUNCTION keep_article_index();
"""


def upgrade() -> None:
    _widen_article()
    _keep_versions()
    op.execute(_SEARCH)
    _make_search_tables()
    _make_use_tables()
    op.execute(_INDEXES)
    op.execute(_KEEP_INDEX)
    # Through the trigger: what is published already is found as well.
    op.execute("UPDATE article SET version = 1 WHERE status <> 'draft'")
    op.execute(
        "INSERT INTO article_version SELECT id, version, title, body, keywords, tags, device_type,"
        " ticket_types, author_id, updated_at FROM article WHERE version > 0"
    )


def _make_search_tables() -> None:
    op.create_table(
        "article_index",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.Column("facets", WORDS, nullable=False),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_article_index")),
    )
    op.create_table(
        "article_word",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_article_word")),
    )
    op.create_table(
        "article_query",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("results", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_query")),
    )
    op.create_index(
        "ix_article_query_in_vain",
        "article_query",
        ["asked_at"],
        postgresql_where=sa.text("results = 0"),
    )


def _make_use_tables() -> None:
    op.create_table(
        "article_solution",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("solved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_solution_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_solution")),
    )
    op.create_index(op.f("ix_article_solution_article_id"), "article_solution", ["article_id"])
    op.create_table(
        "article_vote",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("voted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_vote_article_id")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_article_vote_staff_id")),
        sa.PrimaryKeyConstraint("article_id", "staff_id", name=op.f("pk_article_vote")),
    )


def _keep_versions() -> None:
    op.create_table(
        "article_version",
        sa.Column("article_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("keywords", WORDS, nullable=False),
        sa.Column("tags", WORDS, nullable=False),
        sa.Column("device_type", sa.String(), nullable=True),
        sa.Column("ticket_types", WORDS, nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_version_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["staff.id"], name=op.f("fk_article_version_published_by")
        ),
        sa.PrimaryKeyConstraint("article_id", "version", name=op.f("pk_article_version")),
    )


def _widen_article() -> None:
    op.add_column("article", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    for name in ("keywords", "tags", "ticket_types"):
        op.add_column("article", sa.Column(name, WORDS, server_default="{}", nullable=False))
    op.drop_constraint(op.f(STATUS), "article")
    op.create_check_constraint(
        op.f(STATUS), "article", "status IN ('draft', 'in_review', 'published', 'archived')"
    )
    op.create_index("ix_article_list", "article", ["status", "updated_at", "id"])


def downgrade() -> None:
    op.execute("DROP FUNCTION keep_article_index CASCADE")
    for name in (
        "article_vote",
        "article_solution",
        "article_query",
        "article_word",
        "article_index",
    ):
        op.drop_table(name)
    op.execute("DROP TEXT SEARCH CONFIGURATION knowledge")
    op.execute("DROP EXTENSION unaccent")
    op.execute("DROP EXTENSION pg_trgm")
    op.drop_table("article_version")
    op.drop_index("ix_article_list", table_name="article")
    op.execute("UPDATE article SET status = 'draft' WHERE status = 'in_review'")
    op.drop_constraint(op.f(STATUS), "article")
    op.create_check_constraint(
        op.f(STATUS), "article", "status IN ('draft', 'published', 'archived')"
    )
    for name in ("ticket_types", "tags", "keywords", "version"):
        op.drop_column("article", name)
