"""Articles that help to resolve tickets, and what became of them."""

from typing import Literal, get_args
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.sysops.base import Base
from api.sysops.knowledge.rules import AUDIENCES, STATUSES, Audience, Status

Readers = Literal["staff", "customers"]
READERS: tuple[Readers, ...] = get_args(Readers)


class Article(Base):
    """An article as it is now. `version` counts what was published; 0 is never.

    Without a device type it is for all devices, without ticket types for all work on them. Whom
    it is for (`audience`) is decided when it is published.
    """

    __tablename__ = "article"
    __table_args__ = (
        one_of("status", STATUSES),
        one_of("audience", AUDIENCES),
        Index("ix_article_list", "status", "updated_at", "id"),
    )

    id: Mapped[Id]
    version: Mapped[int] = mapped_column(server_default="0")
    title: Mapped[str]
    body: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    tags: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    device_type: Mapped[str | None] = mapped_column(ForeignKey("device_type.code"))
    ticket_types: Mapped[list[str]] = mapped_column(ARRAY(TEXT), server_default="{}")
    status: Mapped[Status] = mapped_column(String)
    audience: Mapped[Audience] = mapped_column(String, server_default="internal")
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class ArticleVersion(Base):
    """What was published once, word for word. The API's role may add rows and read them."""

    __tablename__ = "article_version"
    __table_args__ = (one_of("audience", AUDIENCES),)

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    body: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    tags: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    device_type: Mapped[str | None]
    ticket_types: Mapped[list[str]] = mapped_column(ARRAY(TEXT))
    audience: Mapped[Audience] = mapped_column(String, server_default="internal")
    published_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    published_at: Mapped[Moment]


class ArticleLink(Base):
    """An article used to resolve a ticket."""

    __tablename__ = "article_link"
    __table_args__ = (UniqueConstraint("ticket_id", "article_id"),)

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), index=True)
    linked_at: Mapped[Moment]


class ArticleIndex(Base):
    """Published articles as search sees them; a trigger on `article` alone writes it.

    `facets` are what filters ask for: `device:laptop`, `type:laptop-repair`, `tag:quick-fix`,
    `for:customers`; `device:` and `type:` stand for any.
    """

    __tablename__ = "article_index"
    __table_args__ = (
        Index("ix_article_index_document", "document", "facets", postgresql_using="gin"),
    )

    article_id: Mapped[UUID] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(TSVECTOR)
    facets: Mapped[list[str]] = mapped_column(ARRAY(TEXT))


class ArticleWord(Base):
    """Every word of the published articles, and in how many it is; written as `ArticleIndex`."""

    __tablename__ = "article_word"
    __table_args__ = (
        Index(
            "ix_article_word_near",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(TEXT, primary_key=True)
    articles: Mapped[int]


class ArticleQuery(Base):
    """A search that was made: its words, and how much it found, but not who asked.

    The words are forgotten after `rules.SEARCHES_KEPT`; that somebody searched stays counted.
    """

    __tablename__ = "article_query"
    __table_args__ = (
        one_of("asked_by", READERS),
        Index("ix_article_query_kept", "asked_at", postgresql_where=text("NOT forgotten")),
        Index("ix_article_query_in_vain", "asked_at", postgresql_where=text("results = 0")),
    )

    id: Mapped[Id]
    words: Mapped[str]
    results: Mapped[int]
    asked_by: Mapped[Readers] = mapped_column(String, server_default="staff")
    asked_at: Mapped[Moment]
    forgotten: Mapped[bool] = mapped_column(server_default="false")


class ArticleSolution(Base):
    """An article made a ticket needless, in a call or online; nothing says whose.

    `query_id` is the customer's search that found it.
    """

    __tablename__ = "article_solution"
    __table_args__ = (
        one_of("said_by", READERS),
        # One search is solved by an article once, however often it is said.
        Index(
            "uq_article_solution_query",
            "query_id",
            "article_id",
            unique=True,
            postgresql_where=text("query_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), index=True)
    solved_at: Mapped[Moment]
    said_by: Mapped[Readers] = mapped_column(String, server_default="staff")
    query_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("article_query.id", ondelete="SET NULL")
    )


class ArticleVote(Base):
    """What one member of staff thinks of an article now."""

    __tablename__ = "article_vote"

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    helpful: Mapped[bool]
    voted_at: Mapped[Moment]


class ArticleCustomerVote(Base):
    """What one customer thinks of an article now; a customer may be known here later."""

    __tablename__ = "article_customer_vote"
    __table_args__ = (Index("ix_article_customer_vote_customer", "customer_id"),)

    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    helpful: Mapped[bool]
    voted_at: Mapped[Moment]
