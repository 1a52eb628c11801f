"""Customers whom word of a ticket did not reach: the helpdesk calls them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import CustomerUnreached
from api.sysops.notifications.service import notify_helpdesk
from api.sysops.tickets import intake
from api.sysops.tickets.tables import Ticket, UnreachedCustomer


async def customer_unreached(
    session: AsyncSession, message: CustomerUnreached, now: datetime
) -> None:
    """Keep it with the ticket; where a visit hangs on it, the helpdesk is asked to call."""
    ticket = await session.get(Ticket, message.ticket_id)
    if ticket is None:
        raise intake.NotYetKnown(f"Ticket {message.ticket_id} is not here yet.")
    await session.execute(
        insert(UnreachedCustomer)
        .values(
            notification_id=message.notification_id,
            ticket_id=ticket.id,
            kind=message.kind,
            code=message.code,
            at=message.at,
        )
        .on_conflict_do_nothing()
    )
    if message.call:
        about = message.kind.replace("_", " ")
        await notify_helpdesk(
            session,
            "customer_unreached",
            cause=str(message.notification_id),
            context={"number": ticket.number, "about": about, "code": message.code},
            ticket_id=ticket.id,
            now=now,
        )


async def of_ticket(session: AsyncSession, ticket_id: UUID) -> list[UnreachedCustomer]:
    """What the customer of a ticket was not told, the oldest first."""
    mine = UnreachedCustomer.ticket_id == ticket_id
    return list(
        await session.scalars(select(UnreachedCustomer).where(mine).order_by(UnreachedCustomer.at))
    )
