"""Changes of a ticket that its customer asks for, or the helpdesk in the customer's name.

They are decided at once, by the table of transitions. Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import FieldError, Invalid
from api.messages import Priority, TicketRequestKind, Window
from api.sysops.tickets import proposals, rules, service
from api.sysops.tickets.tables import Assignment, Ticket
from api.sysops.tickets.visit_tables import TicketNote


@dataclass(frozen=True)
class Amendment:
    """What is to be corrected of a ticket; None leaves it."""

    contact_name: str | None = None
    contact_phone: str | None = None
    description: str | None = None


async def change(
    session: AsyncSession,
    ticket: Ticket,
    kind: TicketRequestKind,
    actor: service.Actor,
    now: datetime,
    *,
    reason: str,
    preferred_windows: Sequence[Window] = (),
    request_id: UUID | None = None,
) -> None:
    """Cancel, reopen or reschedule a locked ticket; the expert of a visit that is off is told.

    Raises TransitionRefused, and changes nothing, when the table does not allow it.
    """
    rules.next_status(ticket.status, kind, now=now, resolved_at=ticket.resolved_at)
    if kind == "reschedule":
        ticket.preferred_windows = msgspec.to_builtins(list(preferred_windows))
    visit = await service.active_assignment(session, ticket.id)
    await service.transition(
        session,
        ticket,
        kind,
        actor,
        now,
        reason=reason,
        assignment=visit,
        request_id=request_id,
    )
    if visit is not None:
        await proposals.tell_expert(session, ticket, visit, now, "visit_off")
    if kind == "reopen":
        await _exclude_who_solved(session, ticket, now)


async def _exclude_who_solved(session: AsyncSession, ticket: Ticket, now: datetime) -> None:
    """What was done did not last, or the customer was not content: somebody else comes."""
    last = (
        select(Assignment.expert_id)
        .where(Assignment.ticket_id == ticket.id, Assignment.outcome == "resolved")
        .order_by(Assignment.completed_at.desc())
        .limit(1)
    )
    expert_id = await session.scalar(last)
    if expert_id is not None:
        await service.exclude(session, ticket.id, expert_id, "reopen", now)


async def amend(
    session: AsyncSession,
    ticket: Ticket,
    amendment: Amendment,
    actor: service.Actor,
    now: datetime,
    *,
    reason: str | None = None,
) -> None:
    """Correct contact or description of a locked ticket; what is so already changes nothing."""
    rules.next_status(ticket.status, "amend", now=now, resolved_at=ticket.resolved_at)
    changed = [
        name
        for name, value in vars(amendment).items()
        if value is not None and value != getattr(ticket, name)
    ]
    if not changed:
        return
    for name in changed:
        setattr(ticket, name, getattr(amendment, name))
    said = f"Changed: {', '.join(name.replace('_', ' ') for name in changed)}."
    words = f"{said} {reason}" if reason else said
    await service.transition(session, ticket, "amend", actor, now, reason=words)


async def raise_priority(
    session: AsyncSession,
    ticket: Ticket,
    priority: Priority,
    actor: service.Actor,
    now: datetime,
    *,
    reason: str,
) -> None:
    """Serve a locked ticket before others; raises Invalid when that is not higher than now."""
    rules.next_status(ticket.status, "raise_priority", now=now, resolved_at=ticket.resolved_at)
    if not rules.is_higher(priority, ticket.priority):
        words = f"The ticket's priority is {ticket.priority}, and it can only be raised."
        raise Invalid([FieldError("/priority", words)])
    ticket.priority = priority
    await service.transition(session, ticket, "raise_priority", actor, now, reason=reason)


async def note(
    session: AsyncSession, ticket: Ticket, author_id: UUID, text: str, now: datetime
) -> None:
    """Keep a word for other staff; the ticket stays as it is."""
    session.add(TicketNote(ticket_id=ticket.id, at=now, author_id=author_id, text=text))
    await session.flush()
