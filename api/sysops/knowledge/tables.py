"""Articles that help to resolve tickets."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.sysops.base import Base


class Article(Base):
    __tablename__ = "article"
    __table_args__ = (one_of("status", ("draft", "published", "archived")),)

    id: Mapped[Id]
    title: Mapped[str]
    body: Mapped[str]
    device_type: Mapped[str | None] = mapped_column(ForeignKey("device_type.code"))
    status: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class ArticleLink(Base):
    """An article used to resolve a ticket."""

    __tablename__ = "article_link"
    __table_args__ = (UniqueConstraint("ticket_id", "article_id"),)

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    article_id: Mapped[UUID] = mapped_column(ForeignKey("article.id"), index=True)
    linked_at: Mapped[Moment]
