"""What happens to tickets. `transition` alone writes a status; services never commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import NotFound
from api.sysops.experts.tables import Booking
from api.sysops.tickets import rules, telling, visit_rules
from api.sysops.tickets.tables import Assignment, Exclusion, Ticket, TicketEvent

# The row's key stays: rows that refer to it (decisions, messages) are written meanwhile.
LOCK = {"key_share": True}


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
    escalation: rules.Escalation | None = None,
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
    known = telling.details_of(ticket)
    _keep(ticket, action, now)
    event = TicketEvent(
        ticket_id=ticket.id,
        version=ticket.version,
        at=now,
        actor=actor.kind,
        actor_id=actor.id,
        from_status=before,
        to_status=after,
        action=action,
        reason=reason,
        assignment_id=standing.id if standing else None,
        escalation=escalation,
    )
    session.add(event)
    await session.flush()
    details = action in rules.CHANGES_DETAILS or known != telling.details_of(ticket)
    await telling.tell(session, ticket, event, details=details, request_id=request_id)


def _keep(ticket: Ticket, action: rules.Action, now: datetime) -> None:
    """What a ticket remembers of an action."""
    if action == "complete":
        ticket.resolved_at = now
    elif action == "reopen":
        ticket.resolved_at = None
        ticket.earliest_visit_at = None
    elif action == "reschedule":
        ticket.earliest_visit_at = None
    elif action == "no_show":
        ticket.customer_absences += 1
        ticket.earliest_visit_at = visit_rules.next_visit_from(now, ticket.time_zone)
    elif action == "miss":
        ticket.expert_absences += 1
    if ticket.status == "open":
        since = max(now, ticket.earliest_visit_at or now)
        windows = telling.preferred_of(ticket)
        left = rules.windows_left(windows, since)
        if len(left) < len(windows):
            ticket.preferred_windows = msgspec.to_builtins(left)


async def _end(
    session: AsyncSession,
    assignment: Assignment,
    action: rules.Action,
    reason: str | None,
    now: datetime,
) -> None:
    """Free the expert's time; who rejected, stayed silent or away is not proposed again."""
    end = rules.ENDS_ASSIGNMENT[action]
    assignment.status = end.status
    assignment.outcome = end.outcome
    assignment.reason = reason
    if assignment.status == "completed":
        assignment.completed_at = now
    else:
        assignment.decided_at = now
    await session.flush()
    await session.execute(delete(Booking).where(Booking.assignment_id == assignment.id))
    if action in rules.EXCLUDES_EXPERT:
        await exclude(session, assignment.ticket_id, assignment.expert_id, action, now)


async def exclude(
    session: AsyncSession, ticket_id: UUID, expert_id: UUID, action: rules.Action, now: datetime
) -> None:
    """This expert is not proposed for this ticket again, because of what `action` tells."""
    await session.execute(
        insert(Exclusion)
        .values(ticket_id=ticket_id, expert_id=expert_id, reason=action, created_at=now)
        .on_conflict_do_nothing()
    )
