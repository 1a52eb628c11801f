"""What happens to tickets. `decide` alone says what becomes of a status; services never commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox, sets, tracing
from api.kernel.errors import NotFound
from api.messages import TicketDetails, TicketStatus
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
    tracing.note(ticket.id)
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
    standing = assignment or await active_assignment(session, ticket.id)
    step = decide(
        ticket, action, actor, now, reason=reason, assignment=standing, escalation=escalation
    )
    if standing is not None and action in rules.ENDS_ASSIGNMENT:
        await _end(session, standing, action, reason, now)
    for name, value in step.changes.items():
        setattr(ticket, name, value)
    session.add(step.event)
    await session.flush()
    await telling.tell(session, ticket, step.event, details=step.details, request_id=request_id)


@dataclass(frozen=True)
class Step:
    """An action on a ticket that is decided and not written yet.

    `changes` are columns of the ticket with their new values; with `details` its customer hears
    of more than the status.
    """

    changes: Mapping[str, Any]
    event: TicketEvent
    details: bool


def decide(
    ticket: Ticket,
    action: rules.Action,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    assignment: Assignment | None = None,
    escalation: rules.Escalation | None = None,
) -> Step:
    """What `action` makes of a ticket, which stays as it is; raises TransitionRefused."""
    after = rules.next_status(ticket.status, action, now=now, resolved_at=ticket.resolved_at)
    version = ticket.version + 1
    changes = {"status": after, "version": version, "updated_at": now}
    changes |= _remembered(ticket, action, after, now)
    event = TicketEvent(
        ticket_id=ticket.id,
        version=version,
        at=now,
        actor=actor.kind,
        actor_id=actor.id,
        from_status=ticket.status,
        to_status=after,
        action=action,
        reason=reason,
        assignment_id=assignment.id if assignment else None,
        escalation=escalation,
    )
    of_details = not changes.keys().isdisjoint(TicketDetails.__struct_fields__)
    return Step(changes, event, details=of_details or action in rules.CHANGES_DETAILS)


async def assign_all(
    session: AsyncSession,
    proposed: Sequence[tuple[Ticket, Assignment]],
    actor: Actor,
    now: datetime,
) -> None:
    """Do what `transition` does for "assign", to many locked tickets, in as many statements.

    The tickets in memory stay as they were read. Raises TransitionRefused before it writes.
    """
    steps = [
        (ticket, decide(ticket, "assign", actor, now, assignment=assignment))
        for ticket, assignment in proposed
    ]
    rows = [{"id": ticket.id, **step.changes} for ticket, step in steps]
    await sets.update_all(session, Ticket, "id", rows)
    await sets.insert_all(session, [step.event for _, step in steps])
    words = [
        await telling.word_of(session, ticket, step.event, details=step.details)
        for ticket, step in steps
    ]
    await outbox.send(session, *words)


def _remembered(
    ticket: Ticket, action: rules.Action, after: TicketStatus, now: datetime
) -> dict[str, Any]:
    """What a ticket remembers of an action, by column."""
    kept: dict[str, Any] = {}
    if action == "complete":
        kept = {"resolved_at": now}
    elif action == "reopen":
        kept = {"resolved_at": None, "earliest_visit_at": None}
    elif action == "reschedule":
        kept = {"earliest_visit_at": None}
    elif action == "no_show":
        kept = {
            "customer_absences": ticket.customer_absences + 1,
            "earliest_visit_at": visit_rules.next_visit_from(now, ticket.time_zone),
        }
    elif action == "miss":
        kept = {"expert_absences": ticket.expert_absences + 1}
    if after == "open":
        earliest = kept.get("earliest_visit_at", ticket.earliest_visit_at)
        windows = telling.preferred_of(ticket)
        left = rules.windows_left(windows, max(now, earliest or now))
        if len(left) < len(windows):
            kept["preferred_windows"] = msgspec.to_builtins(left)
    return kept


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
