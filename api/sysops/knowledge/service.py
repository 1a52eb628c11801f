"""Writing articles and taking them through their life. Services never commit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from api.kernel.paging import Position
from api.sysops.audit.service import Act, record
from api.sysops.catalogue.rules import listing_errors
from api.sysops.catalogue.tables import DeviceType, TicketType
from api.sysops.knowledge import rules
from api.sysops.knowledge.tables import Article, ArticleVersion

CONTENT = ("title", "body", "keywords", "tags", "device_type", "ticket_types")


@dataclass(frozen=True)
class Reader:
    """Who asks, and in which roles."""

    id: UUID
    roles: Collection[str]

    @property
    def publishes(self) -> bool:
        return rules.publishes(self.roles)


@dataclass(frozen=True)
class Listing:
    """What is None does not matter, but for the status."""

    status: rules.Status = "published"
    device_type: str | None = None
    ticket_type: str | None = None
    tag: str | None = None
    audience: rules.Audience | None = None


async def page(
    session: AsyncSession, reader: Reader, listing: Listing, after: Position | None, size: int
) -> list[Article]:
    """The articles that match and that this person may read, the newest change first.

    For a device or ticket type they are those of it and those for any.
    """
    query = select(Article).where(Article.status == listing.status)
    if listing.status != "published" and not reader.publishes:
        query = query.where(Article.author_id == reader.id)
    if listing.device_type is not None:
        device = Article.device_type
        query = query.where(or_(device == listing.device_type, device.is_(None)))
    if listing.ticket_type is not None:
        kinds = Article.ticket_types
        query = query.where(or_(kinds.contains([listing.ticket_type]), kinds == []))
    if listing.tag is not None:
        query = query.where(Article.tags.contains([listing.tag]))
    if listing.audience is not None:
        query = query.where(Article.audience == listing.audience)
    if after is not None:
        query = query.where(tuple_(Article.updated_at, Article.id) < (after.moment, after.id))
    query = query.order_by(Article.updated_at.desc(), Article.id.desc()).limit(size)
    return list(await session.scalars(query))


async def find(session: AsyncSession, reader: Reader, article_id: UUID) -> Article:
    """An article that this person may read; raises NotFound."""
    return _readable(await session.get(Article, article_id), reader)


async def versions(session: AsyncSession, reader: Reader, article_id: UUID) -> list[ArticleVersion]:
    """All that was published under this id, the newest first; raises NotFound."""
    await find(session, reader, article_id)
    query = select(ArticleVersion).where(ArticleVersion.article_id == article_id)
    return list(await session.scalars(query.order_by(ArticleVersion.version.desc())))


async def write(session: AsyncSession, act: Act, values: Mapping[str, Any]) -> Article:
    """Begin a draft; raises Invalid, naming everything that does not exist."""
    await _check(session, values)
    article = Article(
        **values,
        version=0,
        status="draft",
        author_id=act.actor_id,
        created_at=act.now,
        updated_at=act.now,
    )
    session.add(article)
    await session.flush()
    return article


async def save(
    session: AsyncSession, act: Act, article_id: UUID, values: Mapping[str, Any]
) -> Article:
    """Change what an article says: a new version when it is published.

    Raises NotFound, Forbidden, Conflict (archived) and Invalid. A repetition changes nothing.
    """
    reader = Reader(act.actor_id, act.roles)
    article = await locked(session, reader, article_id)
    if article.status == "archived":
        raise Conflict("An archived article does not change. Restore it first.")
    wrote_it = article.author_id == reader.id
    if not rules.may_save(article.status, publishes=reader.publishes, wrote_it=wrote_it):
        raise Forbidden("The helpdesk and administrators change what is reviewed or published.")
    await _check(session, values)
    before = _content(article)
    if before == dict(values):
        return article
    for name, value in values.items():
        setattr(article, name, value)
    article.updated_at = act.now
    if article.status == "published":
        await keep_version(session, act, article)
        subject = ("article", article.id)
        await record(session, act, "article.saved", subject, before=before, after=values)
    await session.flush()
    return article


async def move(
    session: AsyncSession,
    act: Act,
    article_id: UUID,
    action: rules.Action,
    *,
    audience: rules.Audience = "internal",
) -> Article:
    """Take an article one step through its life; raises NotFound, Forbidden, TransitionRefused.

    Each publication says anew whom it is for: what came back from its author may be for staff
    alone now.
    """
    reader = Reader(act.actor_id, act.roles)
    article = await locked(session, reader, article_id)
    wrote_it = article.author_id == reader.id
    if not (reader.publishes or (wrote_it and rules.ACTIONS[action].by_author)):
        raise Forbidden("This is for its author, the helpdesk and administrators.")
    before = article.status
    article.status = rules.next_status(before, action)
    article.updated_at = act.now
    after: dict[str, str] = {"status": article.status}
    if action == "publish":
        article.audience = audience
        after["audience"] = audience
        await keep_version(session, act, article)
    subject = ("article", article.id)
    await record(session, act, f"article.{action}", subject, before={"status": before}, after=after)
    await session.flush()
    return article


def _content(article: Article) -> dict[str, Any]:
    return {name: getattr(article, name) for name in CONTENT}


async def keep_version(session: AsyncSession, act: Act, article: Article) -> None:
    """Keep what is published from now on, word for word."""
    article.version += 1
    kept = ArticleVersion(
        article_id=article.id,
        version=article.version,
        **_content(article),
        audience=article.audience,
        published_by=act.actor_id,
        published_at=act.now,
    )
    session.add(kept)


async def locked(session: AsyncSession, reader: Reader, article_id: UUID) -> Article:
    """Two who change one article follow one another, so that no version is lost."""
    return _readable(await session.get(Article, article_id, with_for_update=True), reader)


def _readable(article: Article | None, reader: Reader) -> Article:
    if article is None or not rules.may_read(
        article.status, publishes=reader.publishes, wrote_it=article.author_id == reader.id
    ):
        raise NotFound("There is no such article.")
    return article


async def _check(session: AsyncSession, values: Mapping[str, Any]) -> None:
    device = values["device_type"]
    errors = []
    if device is not None and await session.get(DeviceType, device) is None:
        errors.append(FieldError("/device_type", "There is no such device type."))
    query = select(TicketType.code)
    if device is not None:
        query = query.where(TicketType.device_type == device)
    known = set(await session.scalars(query))
    what = "ticket type of this device" if device else "ticket type"
    errors += listing_errors(values["ticket_types"], known, "/ticket_types", what)
    if errors:
        raise Invalid(errors)
