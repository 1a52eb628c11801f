"""No wrong expert stays on a ticket: what a change makes wrong is withdrawn with it.

The next assignment run finds somebody else. A visit that has begun goes on. Services never
commit.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.audit.service import Act, record
from api.sysops.experts.days import to_call_off
from api.sysops.experts.profiles import needed_skills, profiles_of
from api.sysops.experts.rules import Visit, why_wrong
from api.sysops.experts.tables import Booking, Expert
from api.sysops.experts.workload import workload_of
from api.sysops.tickets import proposals, service, telling
from api.sysops.tickets.tables import Assignment, Ticket

TOO_MUCH = "The expert has too much to do that day."
_Live = Select[Ticket, Assignment]


async def lock_expert(session: AsyncSession, expert_id: UUID) -> Expert | None:
    """The profile, locked after the tickets of its visits: everybody locks in this order.

    While it is held no visit is added: the assignment run locks an expert before it proposes,
    and then looks at the profile again.
    """
    await session.execute(_live().where(Booking.expert_id == expert_id))
    return await session.get(
        Expert, expert_id, with_for_update={"key_share": True}, populate_existing=True
    )


async def of_expert(session: AsyncSession, act: Act, expert_id: UUID) -> int:
    """Withdraw what a changed expert, locked before, must not do any more; returns how many."""
    await session.flush()
    return await _withdraw(session, act, _live().where(Booking.expert_id == expert_id))


async def of_ticket_type(session: AsyncSession, act: Act, code: str) -> int:
    """Withdraw experts who lack what a ticket type needs from now on, or the time that it takes;
    returns how many."""
    await session.flush()
    return await _withdraw(session, act, _live().where(Ticket.ticket_type == code))


async def of_day(session: AsyncSession, act: Act, day: date) -> int:
    """Withdraw what is planned on a day that is a holiday now; returns how many."""
    await session.flush()
    return await _withdraw(session, act, _live().where(_is_on(day)))


async def planned_on(session: AsyncSession, day: date) -> Counter[str]:
    """How many visits are proposed and accepted for a day, each in its expert's time zone: what
    would be withdrawn if it became a holiday."""
    query = _planned().where(_is_on(day)).group_by(Assignment.status)
    counted = query.with_only_columns(Assignment.status, func.count().label("visits"))
    return Counter({row.status: row.visits for row in await session.execute(counted)})


async def retire(session: AsyncSession, act: Act, expert_id: UUID) -> None:
    """Who left or is no expert any more makes no visit; the profile has to be activated again."""
    expert = await lock_expert(session, expert_id)
    if expert is not None and expert.active:
        expert.active = False
        expert.updated_at = act.now
        subject = ("expert", expert_id)
        before, after = {"active": True}, {"active": False}
        await record(session, act, "expert.retired", subject, before=before, after=after)
        await of_expert(session, act, expert_id)


def _is_on(day: date) -> ColumnElement[bool]:
    """A booking is on the day where its expert is."""
    return cast(func.timezone(Expert.time_zone, func.lower(Booking.during)), Date) == day


def _planned() -> _Live:
    """Proposals and promises with their tickets."""
    return (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .join(Expert, Expert.id == Booking.expert_id)
        .where(Ticket.status.in_(("assigned", "accepted")))
    )


def _live() -> _Live:
    """The same, locked in the order of the tickets."""
    return (
        _planned()
        .order_by(Ticket.id)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    )


async def _withdraw(session: AsyncSession, act: Act, live: _Live) -> int:
    found = [(ticket, visit) for ticket, visit in await session.execute(live)]
    profiles = await profiles_of(session, {visit.expert_id for _, visit in found})
    needed = await needed_skills(session, {ticket.ticket_type for ticket, _ in found})
    right, wrong = {}, 0
    for ticket, visit in found:
        window = telling.window_of(visit)
        planned = Visit(
            window.start, window.end, ticket.latitude, ticket.longitude, needed[ticket.ticket_type]
        )
        reason = why_wrong(profiles[visit.expert_id], planned)
        if reason is None:
            right[visit.id] = ticket, visit
        else:
            wrong += 1
            await _call_off(session, act, ticket, visit, reason)
    return wrong + await _relieve(session, act, right)


async def _relieve(
    session: AsyncSession, act: Act, held: Mapping[UUID, tuple[Ticket, Assignment]]
) -> int:
    """Withdraw what is too much for a day, of the visits that are held; returns how many."""
    relieved = 0
    experts = {visit.expert_id for _, visit in held.values()}
    work = await workload_of(session, experts, act.now)
    for day, booked in sorted(work.live.items()):
        seen = [one if one.assignment_id in held else replace(one, fixed=True) for one in booked]
        for one in to_call_off(seen, work.room(day)):
            await _call_off(session, act, *held[one.assignment_id], TOO_MUCH)
            relieved += 1
    return relieved


async def _call_off(
    session: AsyncSession, act: Act, ticket: Ticket, visit: Assignment, reason: str
) -> None:
    await service.transition(
        session,
        ticket,
        "withdraw",
        service.Actor("administrator", act.actor_id),
        act.now,
        reason=f"{reason} We look for another one.",
        assignment=visit,
    )
    await proposals.tell_expert(session, ticket, visit, act.now, "visit_off")
