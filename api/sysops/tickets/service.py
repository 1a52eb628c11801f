"""What happens to tickets. `transition` alone writes a status; services never commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.errors import NotFound
from api.messages import ServiceAddress, TicketProgress, TicketStatus, Window
from api.sysops.experts.tables import Booking
from api.sysops.staff.tables import Staff
from api.sysops.tickets import rules
from api.sysops.tickets.tables import Assignment, Exclusion, Ticket, TicketEvent

# The row's key stays: rows that refer to it (decisions, messages) are written meanwhile.
LOCK = {"key_share": True}
PROMISED: frozenset[TicketStatus] = frozenset({"accepted", "in_progress"})


@dataclass(frozen=True)
class Actor:
    """Who acts; the platform itself has no id."""

    kind: Literal["customer", "expert", "helpdesk", "manager", "administrator", "system"]
    id: UUID | None = None


SYSTEM = Actor("system")


async def load(session: AsyncSession, ticket_id: UUID) -> Ticket:
    """The ticket, locked until the transaction ends; raises NotFound."""
    ticket = await session.get(Ticket, ticket_id, with_for_update=LOCK)
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


async def active_assignment(session: AsyncSession, ticket_id: UUID) -> Assignment | None:
    """The proposal or promise that stands for a ticket now."""
    query = select(Assignment).where(
        Assignment.ticket_id == ticket_id, Assignment.status.in_(("proposed", "accepted"))
    )
    return (await session.scalars(query)).one_or_none()


async def transition(
    session: AsyncSession,
    ticket: Ticket,
    action: rules.Action,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
) -> None:
    """Do `action` to a locked ticket: status, version, event, assignment, and word of it.

    Raises TransitionRefused, and changes nothing, when the table does not allow it.
    """
    before = ticket.status
    after = rules.next_status(before, action, now=now, resolved_at=ticket.resolved_at)
    standing = assignment or await active_assignment(session, ticket.id)
    if standing is not None and action in rules.ENDS_ASSIGNMENT:
        await _end(session, standing, action, reason, now)
    ticket.status = after
    ticket.version += 1
    ticket.updated_at = now
    if after == "resolved":
        ticket.resolved_at = now
    elif action == "reopen":
        ticket.resolved_at = None
    session.add(
        TicketEvent(
            ticket_id=ticket.id,
            version=ticket.version,
            at=now,
            actor=actor.kind,
            actor_id=actor.id,
            from_status=before,
            to_status=after,
            reason=reason,
            assignment_id=standing.id if standing else None,
        )
    )
    await session.flush()
    await tell_customer(
        session, ticket, now, reason=reason, assignment=standing, request_id=request_id
    )


async def tell_customer(
    session: AsyncSession,
    ticket: Ticket,
    now: datetime,
    *,
    reason: str | None = None,
    assignment: Assignment | None = None,
    request_id: UUID | None = None,
    request_accepted: bool | None = None,
    allowed: tuple[str, ...] = (),
) -> None:
    """Send the ticket's present state to the customer quantum."""
    status = ticket.status
    promised = assignment if status in PROMISED else None
    expert_name = None
    if promised:
        query = select(Staff.full_name).where(Staff.id == promised.expert_id)
        expert_name = await session.scalar(query)
    if request_accepted is None and request_id is not None:
        request_accepted = True
    await outbox.send(
        session,
        TicketProgress(
            ticket_id=ticket.id,
            number=ticket.number,
            version=ticket.version,
            status=status,
            at=now,
            reason=reason,
            expert_name=expert_name,
            window=window_of(promised) if promised else None,
            resolution=ticket.resolution if status in {"resolved", "closed"} else None,
            request_id=request_id,
            request_accepted=request_accepted,
            allowed=allowed,
        ),
    )


async def tell_again(session: AsyncSession, ticket: Ticket) -> None:
    """Repeat the last word on a ticket: its state, since when, and why."""
    last = await session.scalar(
        select(TicketEvent).where(
            TicketEvent.ticket_id == ticket.id, TicketEvent.version == ticket.version
        )
    )
    await tell_customer(
        session,
        ticket,
        last.at if last else ticket.updated_at,
        reason=last.reason if last else None,
        assignment=await active_assignment(session, ticket.id),
    )


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
        ),
    )


def address_of(ticket: Ticket) -> ServiceAddress:
    """Where a ticket's visit is, as messages carry it."""
    names = (field.name for field in msgspec.structs.fields(ServiceAddress))
    return ServiceAddress(**{name: getattr(ticket, name) for name in names})


def window_of(assignment: Assignment) -> Window:
    """The arrival window of an assignment, whose bounds are always set."""
    lower, upper = assignment.during.lower, assignment.during.upper
    if lower is None or upper is None:
        raise ValueError(f"Assignment {assignment.id} has an unbounded window.")
    return Window(start=lower, end=upper)


async def _end(
    session: AsyncSession,
    assignment: Assignment,
    action: rules.Action,
    reason: str | None,
    now: datetime,
) -> None:
    """Free the expert's time; who rejected or stayed silent is not proposed again."""
    assignment.status = rules.ENDS_ASSIGNMENT[action]
    assignment.reason = reason
    if assignment.status == "completed":
        assignment.completed_at = now
    else:
        assignment.decided_at = now
    await session.flush()
    await session.execute(delete(Booking).where(Booking.assignment_id == assignment.id))
    if action in rules.EXCLUDES_EXPERT:
        await session.execute(
            insert(Exclusion)
            .values(
                ticket_id=assignment.ticket_id,
                expert_id=assignment.expert_id,
                reason=action,
                created_at=now,
            )
            .on_conflict_do_nothing()
        )
