"""Finding and publishing articles. Services never commit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid
from api.sysops.catalogue.tables import DeviceType
from api.sysops.knowledge.tables import Article

MOST = 100


async def published(session: AsyncSession, device_type: str | None) -> list[Article]:
    """The newest published articles; for a device type, those of it and those for any device."""
    query = select(Article).where(Article.status == "published")
    if device_type is not None:
        here = or_(Article.device_type == device_type, Article.device_type.is_(None))
        query = query.where(here)
    query = query.order_by(Article.updated_at.desc(), Article.id.desc()).limit(MOST)
    return list(await session.scalars(query))


async def publish(
    session: AsyncSession,
    author_id: UUID,
    title: str,
    body: str,
    device_type: str | None,
    now: datetime,
) -> Article:
    """Write an article that staff can read and link at once; raises Invalid."""
    if device_type is not None and await session.get(DeviceType, device_type) is None:
        raise Invalid([FieldError("/device_type", "There is no such device type.")])
    article = Article(
        title=title,
        body=body,
        device_type=device_type,
        status="published",
        author_id=author_id,
        created_at=now,
        updated_at=now,
    )
    session.add(article)
    await session.flush()
    return article
