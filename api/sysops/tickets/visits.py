"""What an expert does with a visit. Somebody else's visit is not found."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.sysops.experts.tables import Booking, Expert
from api.sysops.knowledge.tables import Article, ArticleLink
from api.sysops.tickets import rules, service
from api.sysops.tickets.tables import Assignment, Ticket


async def load(
    session: AsyncSession, assignment_id: UUID, expert_id: UUID
) -> tuple[Ticket, Assignment]:
    """The expert's own visit with its ticket, both locked (the ticket first); or NotFound."""
    ticket_id = await session.scalar(
        select(Assignment.ticket_id).where(
            Assignment.id == assignment_id, Assignment.expert_id == expert_id
        )
    )
    if ticket_id is None:
        raise NotFound("You have no such visit.")
    ticket = await service.load(session, ticket_id)
    assignment = await session.get(Assignment, assignment_id, with_for_update=service.LOCK)
    if assignment is None:
        raise NotFound("You have no such visit.")
    return ticket, assignment


async def answer(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    accept: bool,
    reason: str | None = None,
) -> tuple[Ticket, Assignment]:
    """Accept or reject a proposal; after the time to answer it can only be rejected."""
    ticket, assignment = await load(session, assignment_id, expert_id)
    if assignment.status != "proposed":
        raise Conflict(f"This visit is already {assignment.status}.")
    if accept and assignment.answer_by < now:
        raise Conflict("The time to accept this visit is over; it goes to somebody else.")
    if accept:
        assignment.status = "accepted"
        assignment.decided_at = now
        await session.flush()
    await service.transition(
        session,
        ticket,
        "accept" if accept else "reject",
        service.Actor("expert", expert_id),
        now,
        reason=reason,
        assignment=assignment,
    )
    # Whoever answers is no longer silent.
    await session.execute(
        update(Expert)
        .where(Expert.id == expert_id, Expert.silences > 0)
        .values(silences=0, updated_at=now)
    )
    return ticket, assignment


async def act(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    action: rules.Action,
    now: datetime,
    *,
    reason: str | None = None,
) -> tuple[Ticket, Assignment]:
    """Start a visit, or end it without a resolution (`no_show`, `follow_up`)."""
    ticket, assignment = await load(session, assignment_id, expert_id)
    _standing(assignment)
    if action == "start":
        assignment.started_at = now
    await service.transition(
        session,
        ticket,
        action,
        service.Actor("expert", expert_id),
        now,
        reason=reason,
        assignment=assignment,
    )
    return ticket, assignment


async def complete(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    resolution: str,
    article_ids: Sequence[UUID],
) -> tuple[Ticket, Assignment]:
    """Resolve the ticket with notes for the customer and the articles that helped."""
    ticket, assignment = await load(session, assignment_id, expert_id)
    _standing(assignment)
    await _link(session, ticket.id, article_ids, now)
    ticket.resolution = resolution
    await service.transition(
        session,
        ticket,
        "complete",
        service.Actor("expert", expert_id),
        now,
        assignment=assignment,
    )
    return ticket, assignment


def _standing(assignment: Assignment) -> None:
    if assignment.status != "accepted":
        raise Conflict(f"This visit is {assignment.status}; only an accepted one can go on.")


async def _link(
    session: AsyncSession, ticket_id: UUID, article_ids: Sequence[UUID], now: datetime
) -> None:
    wanted = list(dict.fromkeys(article_ids))
    known = set(
        await session.scalars(
            select(Article.id).where(Article.id.in_(wanted), Article.status == "published")
        )
    )
    missing = [
        FieldError(f"/article_ids/{index}", "There is no such published article.")
        for index, article_id in enumerate(article_ids)
        if article_id not in known
    ]
    if missing:
        raise Invalid(missing)
    for article_id in wanted:
        await session.execute(
            insert(ArticleLink)
            .values(ticket_id=ticket_id, article_id=article_id, linked_at=now)
            .on_conflict_do_nothing()
        )


async def live_visits(session: AsyncSession, expert_id: UUID) -> list[tuple[Ticket, Assignment]]:
    """The expert's proposals and promised visits, by window."""
    query = (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        # Bookings are the live assignments; the expert's history is not read.
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(Booking.expert_id == expert_id)
        .order_by(Booking.during)
    )
    return [(ticket, assignment) for ticket, assignment in await session.execute(query)]
