"""Reminding customers of a visit, the day before. Services never commit."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Address, NotificationPreference
from api.customer.contracts.tables import TicketType
from api.customer.notifications.rules import REMIND_BEFORE, REMIND_NO_LATER, is_reminded
from api.customer.notifications.service import Kind, notify
from api.customer.notifications.tables import Notification
from api.customer.tickets.tables import Ticket, TicketTimeline

KIND: Kind = "visit_reminder"


async def remind(session: AsyncSession, now: datetime) -> int:
    """Remind of every visit that it is time for and that nobody was reminded of; returns how many.

    It follows from the tickets as they are: a visit that was called off or moved is not among
    them, what a run missed the next one finds, and the cause (ticket and window) makes it once.
    """
    due = [
        visit
        for visit in await _promised(session, now)
        if is_reminded(visit.window_start, visit.accepted_at, now)
    ]
    for visit in due:
        await notify(
            session,
            visit.account_id,
            KIND,
            cause=visit.cause,
            channel="email" if visit.arrival_channel == "email" else "sms",
            context={
                "number": visit.number,
                "subject": f"{visit.device_name}: {visit.name}",
                "time_zone": visit.time_zone,
                "expert_name": visit.expert_name,
                "window_start": visit.window_start.isoformat(),
                "window_end": visit.window_end.isoformat(),
            },
            ticket_id=visit.id,
            now=now,
        )
    return len(due)


async def _promised(session: AsyncSession, now: datetime) -> list[Any]:
    """Visits of the next day with what a reminder names; those reminded of already are left out."""
    # One text for one moment, whatever time zone the session is in.
    moment = func.to_char(func.timezone("UTC", Ticket.window_start), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    cause = cast(Ticket.id, String) + literal("/") + moment
    reminded = (
        select(Notification.id)
        .where(
            Notification.account_id == Ticket.account_id,
            Notification.kind == KIND,
            Notification.cause == cause,
        )
        .exists()
    )
    accepted_at = (
        select(func.max(TicketTimeline.at))
        .where(TicketTimeline.ticket_id == Ticket.id, TicketTimeline.status == "accepted")
        .scalar_subquery()
    )
    query = (
        select(
            Ticket.id,
            Ticket.account_id,
            Ticket.number,
            Ticket.expert_name,
            Ticket.window_start,
            Ticket.window_end,
            TicketType.device_name,
            TicketType.name,
            Address.time_zone,
            NotificationPreference.arrival_channel,
            accepted_at.label("accepted_at"),
            cause.label("cause"),
        )
        .join(Address, Address.id == Ticket.address_id)
        .join(TicketType, TicketType.code == Ticket.ticket_type)
        .outerjoin(NotificationPreference, NotificationPreference.account_id == Ticket.account_id)
        .where(
            Ticket.status == "accepted",
            Ticket.window_start.between(now + REMIND_NO_LATER, now + REMIND_BEFORE),
            accepted_at.is_not(None),
            ~reminded,
        )
    )
    return list(await session.execute(query))
