"""No wrong expert stays on a ticket: what a change makes wrong is withdrawn with it.

The next assignment run finds somebody else. A visit that has begun goes on. Services never
commit.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.audit.service import Act, record
from api.sysops.catalogue.tables import RequiredSkill
from api.sysops.experts.rules import Profile, Visit, why_wrong
from api.sysops.experts.tables import Booking, Expert, ExpertSkill, Shift, TimeOff
from api.sysops.notifications.service import notify
from api.sysops.staff.tables import Staff
from api.sysops.tickets import proposals, service
from api.sysops.tickets.tables import Assignment, Ticket

_Live = Select[Ticket, Assignment]


async def lock_expert(session: AsyncSession, expert_id: UUID) -> Expert | None:
    """The profile, locked after the tickets of its visits: everybody locks in this order.

    While it is held no visit is added: the assignment run locks an expert before it proposes.
    It then looks again at activity and time off alone; skills, radius and hours are those that
    it read when it began.
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
    """Withdraw experts who lack what a ticket type needs from now on; returns how many."""
    await session.flush()
    return await _withdraw(session, act, _live().where(Ticket.ticket_type == code))


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


def _live() -> _Live:
    """Proposals and promises with their tickets, locked in the order of the tickets."""
    return (
        select(Ticket, Assignment)
        .join(Assignment, Assignment.ticket_id == Ticket.id)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(Ticket.status.in_(("assigned", "accepted")))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    )


async def _withdraw(session: AsyncSession, act: Act, live: _Live) -> int:
    found = [(ticket, visit) for ticket, visit in await session.execute(live)]
    profiles = await _profiles(session, {visit.expert_id for _, visit in found})
    needed = await _needed(session, {ticket.ticket_type for ticket, _ in found})
    wrong = 0
    for ticket, visit in found:
        window = service.window_of(visit)
        planned = Visit(
            window.start, window.end, ticket.latitude, ticket.longitude, needed[ticket.ticket_type]
        )
        reason = why_wrong(profiles[visit.expert_id], planned)
        if reason is not None:
            wrong += 1
            await _call_off(session, act, ticket, visit, reason)
    return wrong


async def _call_off(
    session: AsyncSession, act: Act, ticket: Ticket, visit: Assignment, reason: str
) -> None:
    context = proposals.visit_context(ticket, service.window_of(visit), visit.answer_by)
    await service.transition(
        session,
        ticket,
        "withdraw",
        service.Actor("administrator", act.actor_id),
        act.now,
        reason=f"{reason} We look for another one.",
        assignment=visit,
    )
    await notify(
        session,
        visit.expert_id,
        "visit_off",
        cause=str(visit.id),
        channel="sms",
        context=context,
        ticket_id=ticket.id,
        now=act.now,
    )


async def _profiles(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Profile]:
    skills: dict[UUID, dict[str, tuple[int, date]]] = defaultdict(dict)
    held = select(
        ExpertSkill.expert_id, ExpertSkill.skill, ExpertSkill.level, ExpertSkill.certified_until
    )
    for row in await session.execute(held.where(ExpertSkill.expert_id.in_(ids))):
        skills[row.expert_id][row.skill] = (row.level, row.certified_until)
    shifts: dict[UUID, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    rows = select(Shift.expert_id, Shift.weekday, Shift.starts_at, Shift.ends_at)
    for shift in await session.execute(rows.where(Shift.expert_id.in_(ids))):
        shifts[shift.expert_id][shift.weekday].append((shift.starts_at, shift.ends_at))
    absent: dict[UUID, list[tuple[datetime | None, datetime | None]]] = defaultdict(list)
    away = select(TimeOff.expert_id, TimeOff.during).where(TimeOff.expert_id.in_(ids))
    for off in await session.execute(away):
        absent[off.expert_id].append((off.during.lower, off.during.upper))
    people = select(Expert, Staff.active).join(Staff, Staff.id == Expert.id)
    return {
        expert.id: Profile(
            active=expert.active and active,
            latitude=expert.latitude,
            longitude=expert.longitude,
            radius_km=expert.radius_km,
            time_zone=expert.time_zone,
            skills=skills[expert.id],
            shifts=shifts[expert.id],
            absent=absent[expert.id],
        )
        for expert, active in await session.execute(people.where(Expert.id.in_(ids)))
    }


async def _needed(session: AsyncSession, codes: Collection[str]) -> dict[str, dict[str, int]]:
    needed: dict[str, dict[str, int]] = {code: {} for code in codes}
    query = select(RequiredSkill.ticket_type, RequiredSkill.skill, RequiredSkill.level)
    for row in await session.execute(query.where(RequiredSkill.ticket_type.in_(codes))):
        needed[row.ticket_type][row.skill] = row.level
    return needed
