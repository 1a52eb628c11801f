"""What experts have to do, day by day, read in the form that the rules take."""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.catalogue.tables import TicketType
from api.sysops.experts.days import Booked, Visit
from api.sysops.experts.tables import Booking, Expert
from api.sysops.tickets import telling
from api.sysops.tickets.tables import Assignment, Ticket

Day = tuple[UUID, date]
"""An expert, and a day of the expert's own calendar."""
_LATELY = timedelta(days=1)
# Columns, not objects: a run reads thousands.
_LIVE = (
    select(
        Assignment.id,
        Assignment.expert_id,
        func.lower(Assignment.during).label("start"),
        func.upper(Assignment.during).label("end"),
        Assignment.status,
        Assignment.pinned,
        Assignment.override,
        Ticket.priority,
        Ticket.latitude,
        Ticket.longitude,
        Ticket.status.label("ticket_status"),
        TicketType.duration_minutes,
    )
    .join(Booking, Booking.assignment_id == Assignment.id)
    .join(Ticket, Ticket.id == Assignment.ticket_id)
    .join(TicketType, TicketType.code == Ticket.ticket_type)
)


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
    people = (await session.execute(query.where(equals_any(Expert.id, ids)))).all()
    found = Workload(
        {it.id: it.most_visits_a_day for it in people},
        {it.id: ZoneInfo(it.time_zone) for it in people},
    )
    for row in await session.execute(_LIVE.where(equals_any(Booking.expert_id, ids))):
        work = timedelta(minutes=row.duration_minutes)
        booked = Booked(
            assignment_id=row.id,
            visit=Visit(row.start, row.end, row.latitude, row.longitude, work),
            priority=row.priority,
            promised=row.status == "accepted",
            fixed=row.pinned or row.ticket_status not in {"assigned", "accepted"},
            overridden=telling.overridden_in(row.override),
        )
        found.live[found.day(row.expert_id, row.start)].append(booked)
    over = select(
        Assignment.expert_id, func.lower(Assignment.during).label("start"), Assignment.override
    ).where(
        equals_any(Assignment.expert_id, ids),
        Assignment.status == "completed",
        Assignment.completed_at > now - _LATELY,
    )
    for row in await session.execute(over):
        if "visits_a_day" not in telling.overridden_in(row.override):  # else on top of the day
            found.done[found.day(row.expert_id, row.start)] += 1
    return found
