"""What articles were good for: votes, calls that they ended, tickets. Services never commit."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import NotFound
from api.sysops.knowledge.tables import Article, ArticleLink, ArticleSolution, ArticleVote


@dataclass(frozen=True)
class Usefulness:
    """How often an article ended a call, resolved a ticket, and what readers think of it."""

    solved: int
    tickets: int
    helpful: int
    not_helpful: int


async def solved(session: AsyncSession, article_id: UUID, now: datetime) -> Usefulness:
    """Count a call that needed no ticket; raises NotFound unless the article is published."""
    await _published(session, article_id)
    session.add(ArticleSolution(article_id=article_id, solved_at=now))
    await session.flush()
    return await usefulness(session, article_id)


async def vote(
    session: AsyncSession, article_id: UUID, staff_id: UUID, now: datetime, *, helpful: bool
) -> Usefulness:
    """Keep one vote a person, the last one; raises NotFound unless the article is published."""
    await _published(session, article_id)
    said = {"helpful": helpful, "voted_at": now}
    query = insert(ArticleVote).values(article_id=article_id, staff_id=staff_id, **said)
    key = [ArticleVote.article_id, ArticleVote.staff_id]
    await session.execute(query.on_conflict_do_update(index_elements=key, set_=said))
    return await usefulness(session, article_id)


async def usefulness(session: AsyncSession, article_id: UUID) -> Usefulness:
    """Counted from one article's own rows; raises NotFound unless it is published."""
    await _published(session, article_id)
    solutions = select(func.count()).where(ArticleSolution.article_id == article_id)
    links = select(func.count()).where(ArticleLink.article_id == article_id)
    votes = select(func.count()).where(ArticleVote.article_id == article_id)
    counts = select(
        solutions.scalar_subquery(),
        links.scalar_subquery(),
        votes.where(ArticleVote.helpful).scalar_subquery(),
        votes.where(~ArticleVote.helpful).scalar_subquery(),
    )
    return Usefulness(*(await session.execute(counts)).one())


async def _published(session: AsyncSession, article_id: UUID) -> None:
    article = await session.get(Article, article_id)
    if article is None or article.status != "published":
        raise NotFound("There is no such published article.")
