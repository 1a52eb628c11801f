"""What articles were good for: votes, calls that they ended, tickets. Services never commit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid, NotFound
from api.sysops.knowledge.tables import (
    Article,
    ArticleCustomerVote,
    ArticleLink,
    ArticleQuery,
    ArticleSolution,
    ArticleVote,
)


@dataclass(frozen=True)
class Usefulness:
    """How often an article made a ticket needless (and how often of these online), resolved one,
    and what its readers think of it: staff, and customers.
    """

    solved: int
    solved_online: int
    tickets: int
    helpful: int
    not_helpful: int
    helpful_to_customers: int
    not_helpful_to_customers: int


async def solved(session: AsyncSession, article_id: UUID, now: datetime) -> Usefulness:
    """Count a call that needed no ticket; raises NotFound unless the article is published."""
    await _published(session, article_id)
    session.add(ArticleSolution(article_id=article_id, solved_at=now))
    await session.flush()
    return await usefulness(session, article_id)


async def solved_for_customer(
    session: AsyncSession, article_id: UUID, search_id: UUID | None, now: datetime
) -> None:
    """Count a ticket that a customer does not need; once for a search.

    Raises Invalid for a search that no customer made, or whose words are forgotten.
    """
    if search_id is not None:
        asked = await session.get(ArticleQuery, search_id)
        if asked is None or asked.forgotten or asked.asked_by != "customers":
            words = "There is no such search. Leave it out if it is older than 90 days."
            raise Invalid([FieldError("/search_id", words)])
    said = {"said_by": "customers", "query_id": search_id, "solved_at": now}
    await session.execute(
        insert(ArticleSolution).values(article_id=article_id, **said).on_conflict_do_nothing()
    )


async def vote_of_customer(
    session: AsyncSession, article_id: UUID, customer_id: UUID
) -> bool | None:
    """What the customer said last; None for nothing yet."""
    own = await session.get(ArticleCustomerVote, (article_id, customer_id))
    return own.helpful if own else None


async def customer_votes(
    session: AsyncSession, article_id: UUID, customer_id: UUID, now: datetime, *, helpful: bool
) -> None:
    """Keep one vote a customer, the last one."""
    key = {"article_id": article_id, "customer_id": customer_id}
    await _keep_vote(session, ArticleCustomerVote, key, now, helpful=helpful)


async def vote(
    session: AsyncSession, article_id: UUID, staff_id: UUID, now: datetime, *, helpful: bool
) -> Usefulness:
    """Keep one vote a person, the last one; raises NotFound unless the article is published."""
    await _published(session, article_id)
    key = {"article_id": article_id, "staff_id": staff_id}
    await _keep_vote(session, ArticleVote, key, now, helpful=helpful)
    return await usefulness(session, article_id)


async def usefulness(session: AsyncSession, article_id: UUID) -> Usefulness:
    """Counted from one article's own rows; raises NotFound unless it is published."""
    await _published(session, article_id)
    solutions, links, votes, others = (
        select(func.count()).where(table.article_id == article_id)
        for table in (ArticleSolution, ArticleLink, ArticleVote, ArticleCustomerVote)
    )
    counts = select(
        solutions.scalar_subquery(),
        solutions.where(ArticleSolution.said_by == "customers").scalar_subquery(),
        links.scalar_subquery(),
        votes.where(ArticleVote.helpful).scalar_subquery(),
        votes.where(~ArticleVote.helpful).scalar_subquery(),
        others.where(ArticleCustomerVote.helpful).scalar_subquery(),
        others.where(~ArticleCustomerVote.helpful).scalar_subquery(),
    )
    return Usefulness(*(await session.execute(counts)).one())


async def _keep_vote(
    session: AsyncSession,
    table: type[ArticleVote | ArticleCustomerVote],
    key: Mapping[str, UUID],
    now: datetime,
    *,
    helpful: bool,
) -> None:
    said = {"helpful": helpful, "voted_at": now}
    query = insert(table).values(**key, **said)
    await session.execute(query.on_conflict_do_update(index_elements=list(key), set_=said))


async def _published(session: AsyncSession, article_id: UUID) -> None:
    article = await session.get(Article, article_id)
    if article is None or article.status != "published":
        raise NotFound("There is no such published article.")
