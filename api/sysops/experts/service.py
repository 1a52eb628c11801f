"""How administrators keep the field profile of experts. Services never commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.kernel.fields import place
from api.sysops.audit.service import Act, record
from api.sysops.catalogue.rules import listing_errors
from api.sysops.catalogue.tables import Skill
from api.sysops.experts import withdrawals
from api.sysops.experts.tables import Expert, ExpertSkill, Shift, TimeOff
from api.sysops.staff.tables import Staff

Skills = dict[str, tuple[int, date]]
Shifts = list[tuple[int, time, time]]


@dataclass(frozen=True)
class Wanted:
    """A profile as an administrator wants it; the place follows from the ZIP code.

    Skills with level (1 to 5) and last day of the certificate, shifts with ISO weekday and
    local hours, the radius in kilometres.
    """

    zip: str
    radius_km: int
    skills: Sequence[tuple[str, int, date]]
    shifts: Sequence[tuple[int, time, time]]
    most_visits_a_day: int
    active: bool


@dataclass(frozen=True)
class Kept:
    """A profile with all that belongs to it; `absences` that are not over, in their order."""

    staff: Staff
    expert: Expert
    skills: Skills
    shifts: Shifts
    absences: list[TimeOff]


async def find(session: AsyncSession, expert_id: UUID, now: datetime) -> Kept:
    """The profile; raises NotFound."""
    staff, expert = await session.get(Staff, expert_id), await session.get(Expert, expert_id)
    if staff is None or expert is None:
        raise NotFound("There is no such expert.")
    absences = (
        select(TimeOff)
        .where(TimeOff.expert_id == expert_id)
        .where(or_(func.upper_inf(TimeOff.during), func.upper(TimeOff.during) > now))
        .order_by(TimeOff.during)
    )
    return Kept(
        staff,
        expert,
        await _skills(session, expert_id),
        await _shifts(session, expert_id),
        list(await session.scalars(absences)),
    )


async def keep(session: AsyncSession, act: Act, expert_id: UUID, wanted: Wanted) -> None:
    """Make or change a profile; visits that this makes wrong are withdrawn.

    Raises NotFound, Conflict for who is no expert, and Invalid naming every error.
    """
    staff = await session.get(Staff, expert_id)
    if staff is None:
        raise NotFound("There is no such member of staff.")
    if wanted.active and not (staff.active and "expert" in staff.roles):
        raise Conflict("Only an active member of staff with the role expert can make visits.")
    await _check(session, wanted)
    expert = await withdrawals.lock_expert(session, expert_id)
    before = await _state(session, expert) if expert else None
    where = place(wanted.zip)
    if where is None:
        raise Invalid([FieldError("/zip", "There is no such ZIP code.")])
    if expert is None:
        expert = Expert(id=expert_id)
        session.add(expert)
    expert.zip, expert.state, expert.time_zone = where.zip, where.state, where.time_zone
    expert.latitude, expert.longitude = where.latitude, where.longitude
    expert.radius_km, expert.most_visits_a_day = wanted.radius_km, wanted.most_visits_a_day
    expert.active, expert.updated_at = wanted.active, act.now
    await session.flush()
    await _keep_skills(session, expert_id, wanted)
    await _keep_shifts(session, expert_id, wanted)
    subject = ("expert", expert_id)
    after = await _state(session, expert)
    await record(session, act, "expert.kept", subject, before=before, after=after)
    await withdrawals.of_expert(session, act, expert_id)


async def add_time_off(
    session: AsyncSession,
    act: Act,
    expert_id: UUID,
    start: datetime,
    end: datetime | None,
    reason: str,
) -> TimeOff:
    """Time in which an expert makes no visit, without end when `end` is None.

    Visits in it are withdrawn. Raises NotFound, and Invalid when it would be empty or over.
    """
    if await withdrawals.lock_expert(session, expert_id) is None:
        raise NotFound("There is no such expert.")
    if end is not None and end <= max(start, act.now):
        raise Invalid([FieldError("/end", "The end must come after the start, and lie ahead.")])
    absence = TimeOff(expert_id=expert_id, during=Range(start, end), reason=reason)
    session.add(absence)
    await session.flush()
    after = {"start": start, "end": end, "reason": reason}
    await record(session, act, "time_off.added", ("expert", expert_id), after=after)
    await withdrawals.of_expert(session, act, expert_id, absence.during)
    return absence


async def remove_time_off(
    session: AsyncSession, act: Act, expert_id: UUID, time_off_id: UUID
) -> None:
    """The expert can be booked again; raises NotFound."""
    removed = await session.execute(
        delete(TimeOff)
        .where(TimeOff.id == time_off_id, TimeOff.expert_id == expert_id)
        .returning(TimeOff.during, TimeOff.reason)
    )
    row = removed.one_or_none()
    if row is None:
        raise NotFound("This expert has no such time off.")
    # Whoever waits for such an expert is assigned at once.
    changed = update(Expert).where(Expert.id == expert_id).values(updated_at=act.now)
    await session.execute(changed)
    before = {"start": row.during.lower, "end": row.during.upper, "reason": row.reason}
    await record(session, act, "time_off.removed", ("expert", expert_id), before=before)


async def _check(session: AsyncSession, wanted: Wanted) -> None:
    known = set(await session.scalars(select(Skill.code)))
    codes = [code for code, _, _ in wanted.skills]
    errors = listing_errors(codes, known, "/skills", "skill", within="/skill")
    for index, (weekday, start, end) in enumerate(wanted.shifts):
        if end <= start:
            errors.append(FieldError(f"/shifts/{index}/ends_at", "A shift ends after it starts."))
        elif any(
            day == weekday and since < end and start < until
            for day, since, until in wanted.shifts[:index]
        ):
            errors.append(FieldError(f"/shifts/{index}", "This overlaps a shift listed before."))
    if errors:
        raise Invalid(errors)


async def _keep_skills(session: AsyncSession, expert_id: UUID, wanted: Wanted) -> None:
    own = ExpertSkill.expert_id == expert_id
    codes = [code for code, _, _ in wanted.skills]
    await session.execute(delete(ExpertSkill).where(own, ExpertSkill.skill.not_in(codes)))
    before = await _skills(session, expert_id)
    for code, level, until in wanted.skills:
        if before.get(code) != (level, until):
            values = {"level": level, "certified_until": until}
            await session.execute(
                insert(ExpertSkill)
                .values(expert_id=expert_id, skill=code, **values)
                .on_conflict_do_update(
                    index_elements=[ExpertSkill.expert_id, ExpertSkill.skill], set_=values
                )
            )


async def _keep_shifts(session: AsyncSession, expert_id: UUID, wanted: Wanted) -> None:
    before = await _shifts(session, expert_id)
    for weekday, start, end in before:
        if (weekday, start, end) not in wanted.shifts:
            await session.execute(
                delete(Shift).where(
                    Shift.expert_id == expert_id,
                    Shift.weekday == weekday,
                    Shift.starts_at == start,
                )
            )
    for weekday, start, end in wanted.shifts:
        if (weekday, start, end) not in before:
            values = {"weekday": weekday, "starts_at": start, "ends_at": end}
            await session.execute(insert(Shift).values(expert_id=expert_id, **values))


async def _skills(session: AsyncSession, expert_id: UUID) -> Skills:
    query = select(ExpertSkill.skill, ExpertSkill.level, ExpertSkill.certified_until).where(
        ExpertSkill.expert_id == expert_id
    )
    rows = await session.execute(query.order_by(ExpertSkill.skill))
    return {row.skill: (row.level, row.certified_until) for row in rows}


async def _shifts(session: AsyncSession, expert_id: UUID) -> Shifts:
    query = select(Shift.weekday, Shift.starts_at, Shift.ends_at).where(
        Shift.expert_id == expert_id
    )
    rows = await session.execute(query.order_by(Shift.weekday, Shift.starts_at))
    return [(row.weekday, row.starts_at, row.ends_at) for row in rows]


async def _state(session: AsyncSession, expert: Expert) -> dict[str, Any]:
    """What the audit log tells of a profile."""
    return {
        "zip": expert.zip,
        "radius_km": expert.radius_km,
        "most_visits_a_day": expert.most_visits_a_day,
        "active": expert.active,
        "skills": await _skills(session, expert.id),
        "shifts": await _shifts(session, expert.id),
    }
