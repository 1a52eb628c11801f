"""Proposing an expert for a ticket, and the proposals that nobody answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import sets
from api.messages import Window
from api.sysops.experts.tables import Booking, Expert
from api.sysops.notifications.service import Notice, notify_all, notify_managers
from api.sysops.tickets import rules, service, telling
from api.sysops.tickets.tables import Assignment, Ticket

ToExpert = Literal["visit_proposed", "visit_off", "visit_missed"]


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
    await session.flush()
    (made,) = await propose_all(
        session, [(ticket, proposal)], run_id, now, actor=actor, by_hand=by_hand
    )
    await session.refresh(ticket)
    return await session.get_one(Assignment, made)


async def propose_all(
    session: AsyncSession,
    chosen: Sequence[tuple[Ticket, Proposal]],
    run_id: UUID | None,
    now: datetime,
    *,
    actor: service.Actor = service.SYSTEM,
    by_hand: ByHand | None = None,
) -> list[UUID]:
    """The same for many locked tickets, in as many statements as for one; returns the new keys.

    The tickets in memory stay as they were read. What the database refuses of one, it refuses of
    all.
    """
    keys = await sets.new_ids(session, len(chosen))
    made = [
        (ticket, _assignment(key, ticket, proposal, run_id, now, by_hand))
        for key, (ticket, proposal) in zip(keys, chosen, strict=True)
    ]
    assignments = [assignment for _, assignment in made]
    await sets.insert_all(session, assignments)
    await sets.insert_all(
        session,
        [
            Booking(expert_id=one.expert_id, during=one.during, assignment_id=one.id)
            for one in assignments
        ],
    )
    await service.assign_all(session, made, actor, now)
    notices = [_notice(ticket, one, "visit_proposed") for ticket, one in made]
    await notify_all(session, notices, now)
    return [one.id for one in assignments]


def _assignment(
    key: UUID,
    ticket: Ticket,
    proposal: Proposal,
    run_id: UUID | None,
    now: datetime,
    by_hand: ByHand | None,
) -> Assignment:
    window = proposal.window
    return Assignment(
        id=key,
        ticket_id=ticket.id,
        expert_id=proposal.expert_id,
        run_id=run_id,
        during=Range(window.start, window.end, bounds="[)"),
        status="proposed",
        travel_km=proposal.travel_km,
        cost=proposal.cost,
        proposed_at=now,
        answer_by=rules.answer_deadline(ticket.priority, now=now, window_start=window.start),
        **_by_hand(by_hand),
    )


def _by_hand(choice: ByHand | None) -> dict[str, Any]:
    """What an assignment keeps of whoever chose it, by column."""
    if choice is None:
        return {}
    waived = {"codes": sorted(choice.waived), "reason": choice.reason} if choice.waived else None
    return {
        "source": "manual",
        "assigned_by": choice.assigned_by,
        "pinned": choice.pinned,
        "override": waived,
    }


async def tell_expert(
    session: AsyncSession,
    ticket: Ticket,
    assignment: Assignment,
    now: datetime,
    kind: ToExpert = "visit_proposed",
) -> None:
    """Tell the expert of a visit by SMS, once each kind: asked again, it does nothing."""
    await notify_all(session, [_notice(ticket, assignment, kind)], now)


def _notice(ticket: Ticket, assignment: Assignment, kind: ToExpert) -> Notice:
    return Notice(
        staff_id=assignment.expert_id,
        kind=kind,
        cause=str(assignment.id),
        channel="sms",
        context=visit_context(ticket, assignment),
        ticket_id=ticket.id,
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
            .values(silences=Expert.silences + 1, last_silent_at=now, updated_at=now)
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
