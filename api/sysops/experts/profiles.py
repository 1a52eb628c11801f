"""Experts and the skills that work needs, read in the form that the rules take."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.catalogue.tables import RequiredSkill
from api.sysops.experts.rules import Profile
from api.sysops.experts.tables import Expert, ExpertSkill, Shift, TimeOff
from api.sysops.holidays.tables import Holiday
from api.sysops.staff.tables import Staff


async def profiles_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Profile]:
    """Experts as the rules see them, by id; lock them before, or it is old when it is used."""
    skills: dict[UUID, dict[str, tuple[int, date]]] = defaultdict(dict)
    held = select(
        ExpertSkill.expert_id, ExpertSkill.skill, ExpertSkill.level, ExpertSkill.certified_until
    )
    for row in await session.execute(held.where(equals_any(ExpertSkill.expert_id, ids))):
        skills[row.expert_id][row.skill] = (row.level, row.certified_until)
    shifts: dict[UUID, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    rows = select(Shift.expert_id, Shift.weekday, Shift.starts_at, Shift.ends_at)
    for shift in await session.execute(rows.where(equals_any(Shift.expert_id, ids))):
        shifts[shift.expert_id][shift.weekday].append((shift.starts_at, shift.ends_at))
    absent: dict[UUID, list[tuple[datetime | None, datetime | None]]] = defaultdict(list)
    away = select(TimeOff.expert_id, TimeOff.during).where(equals_any(TimeOff.expert_id, ids))
    for off in await session.execute(away):
        absent[off.expert_id].append((off.during.lower, off.during.upper))
    holidays = frozenset(await session.scalars(select(Holiday.day)))
    people = select(
        Expert.id,
        (Expert.active & Staff.active).label("active"),
        Expert.latitude,
        Expert.longitude,
        Expert.radius_km,
        Expert.time_zone,
    ).join(Staff, Staff.id == Expert.id)
    return {
        expert.id: Profile(
            active=expert.active,
            latitude=expert.latitude,
            longitude=expert.longitude,
            radius_km=expert.radius_km,
            time_zone=expert.time_zone,
            skills=skills[expert.id],
            shifts=shifts[expert.id],
            absent=absent[expert.id],
            holidays=holidays,
        )
        for expert in await session.execute(people.where(equals_any(Expert.id, ids)))
    }


async def needed_skills(session: AsyncSession, codes: Collection[str]) -> dict[str, dict[str, int]]:
    """The least level of each skill that a ticket type needs, by its code."""
    needed: dict[str, dict[str, int]] = {code: {} for code in codes}
    query = select(RequiredSkill.ticket_type, RequiredSkill.skill, RequiredSkill.level)
    for row in await session.execute(query.where(equals_any(RequiredSkill.ticket_type, codes))):
        needed[row.ticket_type][row.skill] = row.level
    return needed
