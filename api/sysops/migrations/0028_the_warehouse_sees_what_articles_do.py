"""The warehouse sees searches and what articles were good for; a search outlives its words."""

import sqlalchemy as sa
from alembic import op

from api.kernel import changes

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

KEYS = {
    "article_query": ("id",),
    "article_solution": ("id",),
    "article_vote": ("article_id", "staff_id"),
}


def upgrade() -> None:
    op.add_column(
        "article_query",
        sa.Column("forgotten", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.drop_index("ix_article_query_asked_at", table_name="article_query")
    op.create_index(
        "ix_article_query_kept",
        "article_query",
        ["asked_at"],
        postgresql_where=sa.text("NOT forgotten"),
    )
    for statement in changes.track_ddl(KEYS):
        op.execute(statement)


def downgrade() -> None:
    # Before, what was forgotten was gone. Deleted while it is tracked: the warehouse hears of it.
    op.execute("DELETE FROM article_query WHERE forgotten")
    for statement in changes.untrack_ddl(KEYS):
        op.execute(statement)
    op.drop_index("ix_article_query_kept", table_name="article_query")
    op.create_index("ix_article_query_asked_at", "article_query", ["asked_at"])
    op.drop_column("article_query", "forgotten")
