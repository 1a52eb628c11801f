"""Visits that were promised and to which nobody came."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.experts.tables import Booking
from api.sysops.notifications.service import notify_managers
from api.sysops.tickets import proposals, service, telling, visit_rules
from api.sysops.tickets.tables import Assignment, Ticket


async def withdraw_missed(session: AsyncSession, now: datetime, *, limit: int = 500) -> int:
    """Take back accepted visits whose window passed without a start; returns how many.

    Customer, expert and managers are told, and that expert is not proposed for the ticket again.
    Tickets that another transaction holds are left to the next call. The cost follows live
    bookings.
    """
    query = (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(
            Ticket.status == "accepted",
            func.upper(Booking.during) <= now - visit_rules.MISSED_AFTER,
        )
        .order_by(Booking.during)
        .limit(limit)
        .with_for_update(of=[Ticket, Assignment], skip_locked=True, key_share=True)
    )
    late = [(ticket, visit) for ticket, visit in await session.execute(query)]
    missed = [
        (ticket, visit)
        for ticket, visit in late
        if visit_rules.is_missed(
            telling.window_of(visit), set_out=visit.set_out_at is not None, now=now
        )
    ]
    for ticket, visit in missed:
        await _withdraw(session, ticket, visit, now)
    return len(missed)


async def _withdraw(
    session: AsyncSession, ticket: Ticket, visit: Assignment, now: datetime
) -> None:
    await service.transition(
        session,
        ticket,
        "miss",
        service.SYSTEM,
        now,
        reason="The expert did not begin the visit.",
        assignment=visit,
    )
    await proposals.tell_expert(session, ticket, visit, now, "visit_missed")
    await notify_managers(
        session,
        "expert_did_not_come",
        cause=str(visit.id),
        context=proposals.visit_context(ticket, visit),
        ticket_id=ticket.id,
        now=now,
    )
