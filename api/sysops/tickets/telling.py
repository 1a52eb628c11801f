"""Telling the customer quantum how a ticket stands, once more if need be."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.messages import (
    Part,
    ServiceAddress,
    TicketDetails,
    TicketProgress,
    TicketStatus,
    Window,
)
from api.sysops.staff.tables import Staff
from api.sysops.tickets import rules, visit_rules
from api.sysops.tickets.tables import Assignment, Ticket, TicketEvent
from api.sysops.tickets.visit_tables import VisitPart

PROMISED: frozenset[TicketStatus] = frozenset({"accepted", "in_progress"})
FINISHED: frozenset[TicketStatus] = frozenset({"resolved", "closed"})


async def tell(
    session: AsyncSession,
    ticket: Ticket,
    event: TicketEvent,
    *,
    details: bool = False,
    request_id: UUID | None = None,
) -> None:
    """Tell the ticket's state after its last event; with `request_id`, that the request is done."""
    word = await word_of(session, ticket, event, details=details, request_id=request_id)
    await outbox.send(session, word)


async def word_of(
    session: AsyncSession,
    ticket: Ticket,
    event: TicketEvent,
    *,
    details: bool = False,
    request_id: UUID | None = None,
) -> TicketProgress:
    """What `tell` sends."""
    return await _progress(
        session,
        ticket,
        event,
        details=details_of(ticket) if details else None,
        request_id=request_id,
        request_accepted=None if request_id is None else True,
    )


def opened(ticket_id: UUID, number: int, at: datetime) -> TicketProgress:
    """What `tell` sends of a customer's ticket when it was opened."""
    return TicketProgress(
        ticket_id=ticket_id, number=number, version=1, status="open", at=at, action="open"
    )


async def tell_refusal(
    session: AsyncSession,
    ticket: Ticket,
    now: datetime,
    *,
    request_id: UUID,
    reason: str,
    allowed: tuple[str, ...],
) -> None:
    """Answer a customer's request: why it is not done, and what can be asked for instead."""
    await outbox.send(
        session,
        await _progress(
            session,
            ticket,
            await last_event(session, ticket),
            at=now,
            reason=reason,
            request_id=request_id,
            request_accepted=False,
            allowed=allowed,
        ),
    )


async def tell_again(session: AsyncSession, ticket: Ticket) -> None:
    """Repeat the last word on a ticket: its state, since when, and why."""
    event = await last_event(session, ticket)
    await outbox.send(session, await _progress(session, ticket, event, details=details_of(ticket)))


async def tell_of_resolution(session: AsyncSession, ticket: Ticket, event: TicketEvent) -> None:
    """Repeat that a ticket was resolved, whatever became of it since."""
    await outbox.send(
        session,
        TicketProgress(
            ticket_id=ticket.id,
            number=ticket.number,
            version=event.version,
            status="resolved",
            at=event.at,
            reason=event.reason,
            resolution=ticket.resolution,
            action=event.action,
            parts=await _parts(session, event),
        ),
    )


async def last_event(session: AsyncSession, ticket: Ticket) -> TicketEvent:
    """The event that made the ticket what it is: every version has its own."""
    query = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.version == ticket.version
    )
    return (await session.scalars(query)).one()


def address_of(ticket: Ticket) -> ServiceAddress:
    """Where a ticket's visit is, as messages carry it."""
    names = (field.name for field in msgspec.structs.fields(ServiceAddress))
    return ServiceAddress(**{name: getattr(ticket, name) for name in names})


def details_of(ticket: Ticket) -> TicketDetails:
    return TicketDetails(
        description=ticket.description,
        priority=ticket.priority,
        preferred_windows=preferred_of(ticket),
    )


def preferred_of(ticket: Ticket) -> tuple[Window, ...]:
    """When the customer would like the visit; empty when any time suits."""
    return msgspec.convert(ticket.preferred_windows, tuple[Window, ...])


def window_of(assignment: Assignment) -> Window:
    """The arrival window of an assignment, whose bounds are always set."""
    lower, upper = assignment.during.lower, assignment.during.upper
    if lower is None or upper is None:
        raise ValueError(f"Assignment {assignment.id} has an unbounded window.")
    return Window(start=lower, end=upper)


def overridden(assignment: Assignment) -> frozenset[str]:
    """The hard rules, by code, that were waived for an assignment."""
    return overridden_in(assignment.override)


def overridden_in(override: Mapping[str, Any] | None) -> frozenset[str]:
    """The same, from the column that keeps them."""
    return frozenset((override or {}).get("codes", ()))


async def _progress(
    session: AsyncSession, ticket: Ticket, event: TicketEvent, **more: Any
) -> TicketProgress:
    status = event.to_status
    facts: dict[str, Any] = {"at": event.at, "reason": event.reason}
    if status in PROMISED and event.assignment_id is not None:
        facts |= await _promise(session, ticket.id, event.assignment_id)
    return TicketProgress(
        ticket_id=ticket.id,
        number=ticket.number,
        version=event.version,
        status=status,
        resolution=ticket.resolution if status in FINISHED else None,
        action=event.action,
        customer_absences=ticket.customer_absences,
        expert_absences=ticket.expert_absences,
        coordinator_calls=visit_rules.someone_must_call(ticket.customer_absences),
        parts=await _parts(session, event),
        **(facts | more),
    )


async def _promise(session: AsyncSession, ticket_id: UUID, assignment_id: UUID) -> dict[str, Any]:
    """Who comes, when, since which version it is promised, and whether they are on the way."""
    accepted = (
        select(func.max(TicketEvent.version))
        .where(
            TicketEvent.ticket_id == ticket_id,
            TicketEvent.assignment_id == assignment_id,
            TicketEvent.from_status == "assigned",
            TicketEvent.to_status == "accepted",
        )
        .scalar_subquery()
    )
    query = (
        select(Assignment, Staff.full_name, accepted)
        .join(Staff, Staff.id == Assignment.expert_id)
        .where(Assignment.id == assignment_id)
    )
    assignment, expert_name, version = (await session.execute(query)).one()
    return {
        "expert_name": expert_name,
        "window": window_of(assignment),
        "accepted_version": version,
        "set_out_at": assignment.set_out_at,
    }


async def _parts(session: AsyncSession, event: TicketEvent) -> tuple[Part, ...]:
    """What the visit used that this event ended."""
    if event.action not in rules.USES_PARTS:
        return ()
    query = (
        select(VisitPart)
        .where(VisitPart.assignment_id == event.assignment_id, VisitPart.purpose == "used")
        .order_by(VisitPart.position)
    )
    return tuple(
        Part(name=part.name, part_number=part.part_number, quantity=part.quantity)
        for part in await session.scalars(query)
    )
