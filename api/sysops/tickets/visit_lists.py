"""Which visits an expert has, and what is known of each. Read-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid, NotFound
from api.kernel.paging import Position
from api.kernel.sets import equals_any
from api.sysops.catalogue.tables import DeviceType, TicketType
from api.sysops.experts.tables import Booking, Expert
from api.sysops.knowledge.tables import Article, ArticleLink
from api.sysops.staff.tables import Staff
from api.sysops.tickets.tables import Assignment, Ticket
from api.sysops.tickets.visit_tables import TicketNote, VisitPart

MOST_HISTORY = 20
"""Earlier tickets that an expert is shown, the newest ones."""
Parts = dict[UUID, list[VisitPart]]


@dataclass(frozen=True)
class Known:
    """A visit with its ticket and what the catalogue calls its work."""

    ticket: Ticket
    assignment: Assignment
    kind: TicketType
    device: DeviceType


@dataclass(frozen=True)
class Made:
    """A visit that was made, by whom, and with which parts."""

    assignment: Assignment
    expert_name: str
    parts: list[VisitPart]


@dataclass(frozen=True)
class Earlier:
    """An earlier ticket of the same customer and device type."""

    ticket: Ticket
    kind: TicketType
    visits: list[Made]
    articles: list[tuple[UUID, str]]
    """Id and title."""


async def live(
    session: AsyncSession, expert_id: UUID, first: date | None = None, last: date | None = None
) -> list[Known]:
    """The expert's proposals and promised visits by window; days are those at the expert's home.

    Raises Invalid when the days are in the wrong order.
    """
    if first is not None and last is not None and last < first:
        raise Invalid([FieldError("/to", "The last day lies before the first.")])
    # Bookings are the live assignments; the expert's history is not read.
    query = (
        _known()
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(Booking.expert_id == expert_id)
        .order_by(Booking.during)
    )
    if first is not None or last is not None:
        home = await session.scalar(select(Expert.time_zone).where(Expert.id == expert_id))
        zone = ZoneInfo(home or "UTC")
        if first is not None:
            query = query.where(func.lower(Booking.during) >= _begin(first, zone))
        if last is not None and last < date.max:
            after = _begin(last + timedelta(days=1), zone)
            query = query.where(func.lower(Booking.during) < after)
    return [Known(*row) for row in await session.execute(query)]


async def one(session: AsyncSession, assignment_id: UUID) -> Known:
    """A visit whoever's it is; raises NotFound."""
    row = (await session.execute(_known().where(Assignment.id == assignment_id))).one_or_none()
    if row is None:
        raise NotFound("You have no such visit.")
    return Known(*row)


async def own(session: AsyncSession, assignment_id: UUID, expert_id: UUID) -> Known:
    """One live visit of the expert; what is over, or somebody else's, is not found."""
    visit = await one(session, assignment_id)
    if visit.assignment.expert_id != expert_id:
        raise NotFound("You have no such visit.")
    if visit.assignment.status not in {"proposed", "accepted"}:
        raise NotFound(
            "This visit is not yours any more. Those you have made are at /sysops/visits/past."
        )
    return visit


async def under_way(session: AsyncSession, expert_id: UUID) -> int | None:
    """The number of the ticket that an expert is at work on; None when there is none."""
    query = (
        select(Ticket.number)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(Booking.expert_id == expert_id, Ticket.status == "in_progress")
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def past(
    session: AsyncSession, expert_id: UUID, after: Position | None, size: int
) -> list[Known]:
    """The visits that the expert has made, after a position, the newest first."""
    query = _known().where(Assignment.expert_id == expert_id, Assignment.status == "completed")
    if after is not None:
        place = tuple_(Assignment.completed_at, Assignment.id)
        query = query.where(place < (after.moment, after.id))
    query = query.order_by(Assignment.completed_at.desc(), Assignment.id.desc()).limit(size)
    return [Known(*row) for row in await session.execute(query)]


async def to_bring(session: AsyncSession, ticket_ids: Sequence[UUID]) -> Parts:
    """By ticket, what the last visit said that the next one needs."""
    ended = (
        select(Assignment.id, Assignment.ticket_id, Assignment.outcome)
        .where(
            equals_any(Assignment.ticket_id, ticket_ids),
            Assignment.outcome.in_(("follow_up", "resolved")),
        )
        .order_by(Assignment.ticket_id, Assignment.completed_at.desc())
        .ext(distinct_on(Assignment.ticket_id))
        .subquery()
    )
    query = (
        select(ended.c.ticket_id, VisitPart)
        .join(VisitPart, VisitPart.assignment_id == ended.c.id)
        .where(ended.c.outcome == "follow_up", VisitPart.purpose == "bring")
        .order_by(ended.c.ticket_id, VisitPart.position)
    )
    return _grouped([(key, part) for key, part in await session.execute(query)])


async def parts_of(
    session: AsyncSession, assignment_ids: Sequence[UUID], purpose: str = "used"
) -> Parts:
    """By visit, the parts that it used, or said that the next one needs."""
    query = (
        select(VisitPart.assignment_id, VisitPart)
        .where(equals_any(VisitPart.assignment_id, assignment_ids), VisitPart.purpose == purpose)
        .order_by(VisitPart.assignment_id, VisitPart.position)
    )
    return _grouped([(key, part) for key, part in await session.execute(query)])


async def made(session: AsyncSession, ticket_ids: Sequence[UUID]) -> dict[UUID, list[Made]]:
    """By ticket, the visits at which an expert was there, in their order."""
    query = (
        select(Assignment, Staff.full_name)
        .join(Staff, Staff.id == Assignment.expert_id)
        .where(equals_any(Assignment.ticket_id, ticket_ids), Assignment.status == "completed")
        .order_by(Assignment.completed_at)
    )
    visits = (await session.execute(query)).all()
    parts = await parts_of(session, [visit.id for visit, _ in visits])
    found: dict[UUID, list[Made]] = {}
    for visit, name in visits:
        found.setdefault(visit.ticket_id, []).append(Made(visit, name, parts.get(visit.id, [])))
    return found


async def history(session: AsyncSession, visit: Known) -> list[Earlier]:
    """The customer's other tickets of that device type, the newest first."""
    query = (
        select(Ticket, TicketType)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .where(
            Ticket.customer_id == visit.ticket.customer_id,
            Ticket.id != visit.ticket.id,
            TicketType.device_type == visit.kind.device_type,
        )
        .order_by(Ticket.submitted_at.desc(), Ticket.id.desc())
        .limit(MOST_HISTORY)
    )
    tickets = (await session.execute(query)).all()
    ids = [ticket.id for ticket, _ in tickets]
    visits = await made(session, ids)
    links = await session.execute(
        select(ArticleLink.ticket_id, Article.id, Article.title)
        .join(Article, Article.id == ArticleLink.article_id)
        .where(equals_any(ArticleLink.ticket_id, ids))
        .order_by(ArticleLink.linked_at)
    )
    articles: dict[UUID, list[tuple[UUID, str]]] = {}
    for ticket_id, article_id, title in links:
        articles.setdefault(ticket_id, []).append((article_id, title))
    return [
        Earlier(ticket, kind, visits.get(ticket.id, []), articles.get(ticket.id, []))
        for ticket, kind in tickets
    ]


async def notes(session: AsyncSession, ticket_id: UUID) -> list[tuple[TicketNote, str]]:
    """What staff noted of a ticket, with who did, in order."""
    query = (
        select(TicketNote, Staff.full_name)
        .join(Staff, Staff.id == TicketNote.author_id)
        .where(TicketNote.ticket_id == ticket_id)
        .order_by(TicketNote.id)
    )
    return [(note, name) for note, name in await session.execute(query)]


def _known() -> Select[Ticket, Assignment, TicketType, DeviceType]:
    return (
        select(Ticket, Assignment, TicketType, DeviceType)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .join(DeviceType, DeviceType.code == TicketType.device_type)
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time_of_day(0), zone).astimezone(UTC)


def _grouped(rows: Sequence[tuple[UUID, VisitPart]]) -> Parts:
    found: Parts = {}
    for key, part in rows:
        found.setdefault(key, []).append(part)
    return found
