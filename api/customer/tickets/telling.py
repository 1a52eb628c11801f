"""Telling a customer what happened to a ticket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.service import arrival_channel
from api.customer.accounts.tables import Address
from api.customer.contracts.tables import TicketType
from api.customer.notifications.service import BY_PREFERENCE, notify
from api.customer.tickets.projection import News, Projection, news
from api.customer.tickets.tables import Ticket
from api.messages import TicketProgress, TicketRequestKind

Context = dict[str, Any]

ARRIVALS: frozenset[News] = frozenset({"expert_arriving", "expert_on_the_way"})
FOR_NOTHING: frozenset[News] = frozenset({"nobody_home", "expert_did_not_come"})


async def step(
    session: AsyncSession,
    ticket: Ticket,
    before: Projection,
    after: Projection,
    message: TicketProgress,
    now: datetime,
) -> None:
    """Tell what a step means for the customer, if it means something."""
    kind = news(before, after)
    if kind is None:
        return
    context = await about(session, ticket)
    if kind in ARRIVALS:
        context |= _visit(after)
    elif kind == "visit_off":
        context |= _visit(before)
    elif kind in FOR_NOTHING:
        context |= _window(before) | {"coordinator_calls": message.coordinator_calls}
    else:
        context["reason"] = message.reason
    preferred = await arrival_channel(session, ticket.account_id)
    await notify(
        session,
        ticket.account_id,
        kind,
        cause=f"{ticket.id}/{_version(kind, message)}",
        channel=preferred if kind in BY_PREFERENCE else "email",
        context=context,
        ticket_id=ticket.id,
        now=now,
    )


async def refusal(
    session: AsyncSession,
    ticket: Ticket,
    kind: TicketRequestKind,
    allowed: Sequence[TicketRequestKind],
    message: TicketProgress,
    now: datetime,
) -> None:
    """Tell that a request was refused, and what can be asked for instead."""
    more = {"request": kind, "reason": message.reason, "allowed": list(allowed)}
    await notify(
        session,
        ticket.account_id,
        "request_refused",
        cause=str(message.request_id),
        channel="email",
        context=await about(session, ticket) | more,
        ticket_id=ticket.id,
        now=now,
    )


async def about(session: AsyncSession, ticket: Ticket) -> Context:
    """What every notification on a ticket may name."""
    query = (
        select(TicketType.device_name, TicketType.name, Address.time_zone)
        .join(Address, Address.id == ticket.address_id)
        .where(TicketType.code == ticket.ticket_type)
    )
    device, trouble, time_zone = (await session.execute(query)).one()
    return {"number": ticket.number, "subject": f"{device}: {trouble}", "time_zone": time_zone}


def _version(kind: News, message: TicketProgress) -> int:
    """An arrival is of the visit, which its acceptance names; all else is of this step."""
    accepted = message.accepted_version
    return accepted if kind in ARRIVALS and accepted is not None else message.version


def _visit(view: Projection) -> Context:
    if view.window is None:
        raise ValueError("A promised visit has an arrival window.")
    return {"expert_name": view.expert_name} | _window(view)


def _window(view: Projection) -> Context:
    """When the visit was to be; None when word of its acceptance is still on its way."""
    window = view.window
    return {
        "window_start": window.start.isoformat() if window else None,
        "window_end": window.end.isoformat() if window else None,
    }
