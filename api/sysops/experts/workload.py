"""What experts have to do, day by day, read in the form that the rules take."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.catalogue.tables import TicketType
from api.sysops.experts.days import Booked, Visit
from api.sysops.experts.tables import Booking, Expert
from api.sysops.tickets import telling
from api.sysops.tickets.tables import Assignment, Ticket

Day = tuple[UUID, date]
"""An expert, and a day of the expert's own calendar."""
_LATELY = timedelta(days=1)


@dataclass
class Workload:
    """Live visits and the number of those that are over, for each day of some experts."""

    most: dict[UUID, int]
    zones: dict[UUID, ZoneInfo]
    live: dict[Day, list[Booked]] = field(default_factory=lambda: defaultdict(list))
    done: Counter[Day] = field(default_factory=Counter)

    def day(self, expert_id: UUID, moment: datetime) -> Day:
        return expert_id, moment.astimezone(self.zones[expert_id]).date()

    def room(self, day: Day) -> int:
        """How many live visits a day may have."""
        return self.most[day[0]] - self.done[day]


async def workload_of(session: AsyncSession, ids: Collection[UUID], now: datetime) -> Workload:
    """Lock the experts before, or it is old when it is used."""
    query = select(Expert.id, Expert.most_visits_a_day, Expert.time_zone)
    people = (await session.execute(query.where(Expert.id.in_(ids)))).all()
    found = Workload(
        {it.id: it.most_visits_a_day for it in people},
        {it.id: ZoneInfo(it.time_zone) for it in people},
    )
    live = (
        select(Assignment, Ticket, TicketType.duration_minutes)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .where(Booking.expert_id.in_(ids))
    )
    for assignment, ticket, minutes in await session.execute(live):
        window = telling.window_of(assignment)
        work = timedelta(minutes=minutes)
        booked = Booked(
            assignment_id=assignment.id,
            visit=Visit(window.start, window.end, ticket.latitude, ticket.longitude, work),
            priority=ticket.priority,
            promised=assignment.status == "accepted",
            fixed=assignment.pinned or ticket.status not in {"assigned", "accepted"},
            overridden=telling.overridden(assignment),
        )
        found.live[found.day(assignment.expert_id, window.start)].append(booked)
    over = select(Assignment).where(
        Assignment.expert_id.in_(ids),
        Assignment.status == "completed",
        Assignment.completed_at > now - _LATELY,
    )
    for assignment in await session.scalars(over):
        if "visits_a_day" in telling.overridden(assignment):
            continue  # it was on top of the day
        start = telling.window_of(assignment).start
        found.done[found.day(assignment.expert_id, start)] += 1
    return found
