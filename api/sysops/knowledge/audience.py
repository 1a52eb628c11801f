"""Whom published articles are for. Services never commit."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, NotFound
from api.sysops.audit.service import Act, record
from api.sysops.knowledge import service
from api.sysops.knowledge.rules import Audience
from api.sysops.knowledge.tables import Article


async def change(session: AsyncSession, act: Act, article_id: UUID, audience: Audience) -> Article:
    """Show a published article to customers too, or to staff alone again: a new version.

    Raises NotFound, and Conflict while it is not published. A repetition changes nothing.
    """
    article = await service.locked(session, service.Reader(act.actor_id, act.roles), article_id)
    if article.status != "published":
        raise Conflict("Whom an article is for is decided when it is published.")
    before = article.audience
    if before == audience:
        return article
    article.audience = audience
    article.updated_at = act.now
    await service.keep_version(session, act, article)
    changed = ({"audience": before}, {"audience": audience})
    subject = ("article", article.id)
    await record(session, act, "article.audience", subject, before=changed[0], after=changed[1])
    await session.flush()
    return article


async def for_customers(session: AsyncSession, article_id: UUID) -> Article:
    """An article that customers may read; raises NotFound for every other."""
    article = await session.get(Article, article_id)
    if article is None or article.status != "published" or article.audience != "customers":
        raise NotFound("There is no such article.")
    return article
