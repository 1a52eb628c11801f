"""Articles are reviewed, tagged and kept in versions."""

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


def upgrade() -> None:
    _widen_article()
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
    op.execute(
        "INSERT INTO article_version SELECT id, version, title, body, keywords, tags, device_type,"
        " ticket_types, author_id, updated_at FROM article WHERE version > 0"
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
    op.execute("UPDATE article SET version = 1 WHERE status <> 'draft'")


def downgrade() -> None:
    op.drop_table("article_version")
    op.drop_index("ix_article_list", table_name="article")
    op.execute("UPDATE article SET status = 'draft' WHERE status = 'in_review'")
    op.drop_constraint(op.f(STATUS), "article")
    op.create_check_constraint(
        op.f(STATUS), "article", "status IN ('draft', 'published', 'archived')"
    )
    for name in ("ticket_types", "tags", "keywords", "version"):
        op.drop_column("article", name)
