"""Telling experts, in the evening, what the next day holds. Services never commit."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.experts.tables import Booking, Expert
from api.sysops.notifications.rules import day_ahead
from api.sysops.notifications.service import Kind, notify
from api.sysops.tickets.tables import Assignment, Ticket

KIND: Kind = "visits_ahead"


async def remind_experts(session: AsyncSession, now: datetime) -> int:
    """One message an expert and day, with the visits promised by now; returns how many are told.

    Once told, an expert is not told of that day again: what is added or called off later comes
    with messages of its own.
    """
    by_expert: defaultdict[UUID, list[Any]] = defaultdict(list)
    for visit in await _promised(session, now):
        local_day = visit.during.lower.astimezone(ZoneInfo(visit.expert_zone)).date()
        if local_day == day_ahead(visit.expert_zone, now):
            by_expert[visit.expert_id].append(visit)
    for expert_id, visits in by_expert.items():
        first = visits[0]
        start, end = first.during.lower, first.during.upper
        day = start.astimezone(ZoneInfo(first.expert_zone)).date()
        await notify(
            session,
            expert_id,
            KIND,
            cause=day.isoformat(),
            channel="sms",
            context={
                "visits": len(visits),
                "city": first.city,
                "zip": first.zip,
                "window_start": start.isoformat(),
                "window_end": end.isoformat(),
                "time_zone": first.time_zone,
            },
            ticket_id=None,
            now=now,
        )
    return len(by_expert)


async def _promised(session: AsyncSession, now: datetime) -> list[Any]:
    """The accepted visits that begin within two days, by window; bookings are live work alone."""
    begins = func.lower(Booking.during)
    query = (
        select(
            Booking.expert_id,
            Booking.during,
            Expert.time_zone.label("expert_zone"),
            Ticket.city,
            Ticket.zip,
            Ticket.time_zone,
        )
        .join(Assignment, Assignment.id == Booking.assignment_id)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .join(Expert, Expert.id == Booking.expert_id)
        .where(Assignment.status == "accepted", begins.between(now, now + timedelta(days=2)))
        .order_by(begins)
    )
    return list(await session.execute(query))
