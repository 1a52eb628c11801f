"""Proposing an expert for a ticket, and the proposals that nobody answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from api.messages import Window
from api.sysops.experts.tables import Booking, Expert
from api.sysops.notifications.service import notify, notify_managers
from api.sysops.tickets import rules, service, telling
from api.sysops.tickets.tables import Assignment, Ticket


@dataclass(frozen=True)
class Proposal:
    """An expert for a ticket in an arrival window; kilometres by road, cost in cost units."""

    ticket_id: UUID
    expert_id: UUID
    window: Window
    travel_km: float
    cost: int


@dataclass(frozen=True)
class ByHand:
    """Who chose an expert instead of a run, and the rules that they waived, with their reason."""

    assigned_by: UUID
    pinned: bool = False
    waived: Sequence[str] = ()
    reason: str | None = None


async def propose(
    session: AsyncSession,
    ticket: Ticket,
    proposal: Proposal,
    run_id: UUID | None,
    now: datetime,
    *,
    actor: service.Actor = service.SYSTEM,
    by_hand: ByHand | None = None,
) -> Assignment:
    """Book the expert's time, assign the locked ticket and tell the expert.

    The database refuses (IntegrityError) a second active assignment of the ticket and an
    overlapping booking of the expert.
    """
    during = Range(proposal.window.start, proposal.window.end, bounds="[)")
    assignment = Assignment(
        ticket_id=ticket.id,
        expert_id=proposal.expert_id,
        run_id=run_id,
        during=during,
        status="proposed",
        travel_km=proposal.travel_km,
        cost=proposal.cost,
        proposed_at=now,
        answer_by=rules.answer_deadline(
            ticket.priority, now=now, window_start=proposal.window.start
        ),
    )
    if by_hand is not None:
        assignment.source = "manual"
        assignment.assigned_by = by_hand.assigned_by
        assignment.pinned = by_hand.pinned
        if by_hand.waived:
            assignment.override = {"codes": sorted(by_hand.waived), "reason": by_hand.reason}
    session.add(assignment)
    await session.flush()
    session.add(Booking(expert_id=proposal.expert_id, during=during, assignment_id=assignment.id))
    await session.flush()
    await service.transition(session, ticket, "assign", actor, now, assignment=assignment)
    await tell_expert(session, ticket, assignment, now)
    return assignment


async def tell_expert(
    session: AsyncSession,
    ticket: Ticket,
    assignment: Assignment,
    now: datetime,
    kind: Literal["visit_proposed", "visit_off", "visit_missed"] = "visit_proposed",
) -> None:
    """Tell the expert of a visit by SMS, once each kind: asked again, it does nothing."""
    await notify(
        session,
        assignment.expert_id,
        kind,
        cause=str(assignment.id),
        channel="sms",
        context=visit_context(ticket, assignment),
        ticket_id=ticket.id,
        now=now,
    )


async def tell_of_pin(
    session: AsyncSession, ticket: Ticket, assignment: Assignment, what: str, now: datetime
) -> None:
    """Tell managers what happened to a visit that somebody pinned; of others they need not hear."""
    if assignment.pinned:
        await notify_managers(
            session,
            "pinned_visit",
            cause=f"{assignment.id}/{what}",
            context={**visit_context(ticket, assignment), "what": what},
            ticket_id=ticket.id,
            now=now,
        )


def visit_context(ticket: Ticket, assignment: Assignment) -> dict[str, str | int]:
    """What an SMS says of a visit: where and when, and no customer's name."""
    window = telling.window_of(assignment)
    return {
        "number": ticket.number,
        "ticket_type": ticket.ticket_type,
        "city": ticket.city,
        "zip": ticket.zip,
        "window_start": window.start.isoformat(),
        "window_end": window.end.isoformat(),
        "answer_by": assignment.answer_by.isoformat(),
        "time_zone": ticket.time_zone,
    }


async def expire_silent(session: AsyncSession, now: datetime, *, limit: int = 500) -> int:
    """Take back the proposals whose time to answer is over; returns how many.

    Tickets that another transaction holds are left to the next call.
    """
    query = (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .where(Assignment.status == "proposed", Assignment.answer_by <= now)
        .order_by(Assignment.proposed_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    silent = (await session.execute(query)).all()
    for ticket, assignment in silent:
        await service.transition(
            session,
            ticket,
            "expire",
            service.SYSTEM,
            now,
            reason="The expert did not answer in time.",
            assignment=assignment,
        )
        await session.execute(
            update(Expert)
            .where(Expert.id == assignment.expert_id)
            .values(silences=Expert.silences + 1, updated_at=now)
        )
        await tell_of_pin(session, ticket, assignment, "was not answered in time", now)
    return len(silent)


async def close_old(session: AsyncSession, now: datetime, *, limit: int = 1000) -> int:
    """Close tickets that were resolved long ago and whose survey nobody answered."""
    query = (
        select(Ticket)
        .where(Ticket.status == "resolved", Ticket.resolved_at <= now - rules.CLOSE_AFTER)
        .order_by(Ticket.updated_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    old = (await session.scalars(query)).all()
    for ticket in old:
        await service.transition(session, ticket, "close", service.SYSTEM, now)
    return len(old)
