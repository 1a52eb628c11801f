"""Keeping the catalogue: a change has a new version, and those who use it hear of it.

Services never commit.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.errors import FieldError, Invalid, NotFound
from api.messages import PlanPriced, PlanPublished, TicketTypePublished
from api.sysops.audit.service import Act, record
from api.sysops.catalogue.rules import listing_errors
from api.sysops.catalogue.tables import (
    DeviceType,
    FormerPlan,
    RequiredSkill,
    Skill,
    SupportPlan,
    SurveyTemplate,
    TicketType,
)
from api.sysops.experts import withdrawals

Versioned = TypeVar("Versioned", SupportPlan, TicketType, SurveyTemplate)
Kept = TypeVar("Kept", SupportPlan, TicketType, DeviceType, Skill)

# One number for all of the catalogue, among the advisory locks of this database.
_LOCK = 7_201


async def plans(session: AsyncSession) -> list[SupportPlan]:
    return list(await session.scalars(select(SupportPlan).order_by(SupportPlan.code)))


async def device_types(session: AsyncSession) -> list[DeviceType]:
    return list(await session.scalars(select(DeviceType).order_by(DeviceType.code)))


async def skills(session: AsyncSession) -> list[Skill]:
    return list(await session.scalars(select(Skill).order_by(Skill.code)))


async def find(session: AsyncSession, kind: type[Kept], code: str) -> Kept:
    """One entry of the catalogue; raises NotFound."""
    found: Kept | None = await session.get(kind, code)
    if found is None:
        raise NotFound(f"The catalogue has nothing of this kind with the code {code}.")
    return found


async def ticket_type(session: AsyncSession, code: str) -> tuple[TicketType, dict[str, int]]:
    """One ticket type with the least level of every skill it needs; raises NotFound."""
    found = await find(session, TicketType, code)
    rows = await session.scalars(select(RequiredSkill).where(RequiredSkill.ticket_type == code))
    return found, {row.skill: row.level for row in rows}


async def ticket_types(session: AsyncSession) -> list[tuple[TicketType, dict[str, int]]]:
    """Each ticket type with the least level of every skill it needs."""
    needed: dict[str, dict[str, int]] = {}
    for row in await session.scalars(select(RequiredSkill).order_by(RequiredSkill.skill)):
        needed.setdefault(row.ticket_type, {})[row.skill] = row.level
    types = await session.scalars(select(TicketType).order_by(TicketType.code))
    return [(it, needed.get(it.code, {})) for it in types]


async def keep_plan(
    session: AsyncSession, act: Act, code: str, values: Mapping[str, Any]
) -> SupportPlan:
    """Create or change a plan; customers and billing hear of it, and what it was is kept.

    Raises Invalid, naming each device type that does not exist or is named twice.
    """
    await one_at_a_time(session)
    known = set(await session.scalars(select(DeviceType.code)))
    errors = listing_errors(values["device_types"], known, "/device_types", "device type")
    if errors:
        raise Invalid(errors)
    plan = await session.get(SupportPlan, code)
    before = common(plan, values) if plan else None
    if plan is None:
        plan = SupportPlan(code=code, version=1, currency="USD", **values)
        session.add(plan)
    else:
        former = FormerPlan(**common(plan, SupportPlan.__table__.columns.keys()), until=act.now)
        if not change(plan, values):
            return plan
        session.add(former)
    await session.flush()
    await record(session, act, "plan.kept", ("support plan", code), before=before, after=values)
    await outbox.send(session, _published(plan), _priced(plan))
    return plan


async def keep_ticket_type(
    session: AsyncSession,
    act: Act,
    code: str,
    values: Mapping[str, Any],
    needed: list[tuple[str, int]],
) -> TicketType:
    """Create or change a ticket type with the skills it needs; customers hear of it.

    Experts who lack what is needed now are withdrawn from its open tickets.
    Raises Invalid, naming the device type, the survey template and each skill that cannot be.
    """
    await one_at_a_time(session)
    device = await session.get(DeviceType, values["device_type"])
    known = set(await session.scalars(select(Skill.code)))
    wanted = [skill for skill, _ in needed]
    errors = listing_errors(wanted, known, "/required_skills", "skill", within="/skill")
    if device is None:
        errors.append(FieldError("/device_type", "There is no such device type."))
    template = values["survey_template"]
    if template is not None and await session.get(SurveyTemplate, template) is None:
        errors.append(FieldError("/survey_template", "There is no such survey template."))
    if errors or device is None:
        raise Invalid(errors)
    ticket_type = await session.get(TicketType, code)
    before: dict[str, Any] | None = None
    if ticket_type is None:
        ticket_type = TicketType(code=code, version=1, **values)
        session.add(ticket_type)
        await session.flush()
        await _require(session, code, dict(needed))
    else:
        required = await _require(session, code, dict(needed))
        before = {**common(ticket_type, values), "required_skills": required}
        if not change(ticket_type, values, anyway=required != dict(needed)):
            return ticket_type
    await session.flush()
    after = {**values, "required_skills": dict(needed)}
    subject = ("ticket type", code)
    await record(session, act, "ticket_type.kept", subject, before=before, after=after)
    await withdrawals.of_ticket_type(session, act, code)
    await outbox.send(session, _opened(ticket_type, device))
    return ticket_type


async def keep_device_type(session: AsyncSession, act: Act, code: str, name: str) -> DeviceType:
    """Create or rename a device type; its ticket types carry the name, so they change too."""
    await one_at_a_time(session)
    device = await session.get(DeviceType, code)
    before = {"name": device.name} if device else None
    if device is None:
        device = DeviceType(code=code, name=name)
        session.add(device)
    elif device.name != name:
        device.name = name
        kinds = await session.scalars(select(TicketType).where(TicketType.device_type == code))
        for ticket_type in kinds.all():
            ticket_type.version += 1
            await outbox.send(session, _opened(ticket_type, device))
    await session.flush()
    subject = ("device type", code)
    await record(session, act, "device_type.kept", subject, before=before, after={"name": name})
    return device


async def keep_skill(session: AsyncSession, act: Act, code: str, name: str) -> Skill:
    """Create or rename a skill; nobody outside sysops knows skills."""
    await one_at_a_time(session)
    skill = await session.get(Skill, code)
    before = {"name": skill.name} if skill else None
    if skill is None:
        skill = Skill(code=code)
        session.add(skill)
    skill.name = name
    await session.flush()
    subject = ("skill", code)
    await record(session, act, "skill.kept", subject, before=before, after={"name": name})
    return skill


async def one_at_a_time(session: AsyncSession) -> None:
    """Changes follow one another: each sees the catalogue as the last one left it."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


async def stand_still(session: AsyncSession) -> None:
    """No change of the catalogue comes between what this transaction reads of it and its end."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))


def change(row: Versioned, values: Mapping[str, Any], *, anyway: bool = False) -> bool:
    """Take over what differs, with a new version; a repetition changes nothing."""
    different = {name: it for name, it in values.items() if getattr(row, name) != it}
    for name, value in different.items():
        setattr(row, name, value)
    if different or anyway:
        row.version += 1
    return bool(different) or anyway


async def _require(session: AsyncSession, code: str, needed: dict[str, int]) -> dict[str, int]:
    """Make these the skills that a ticket type needs; returns those that it needed before."""
    query = select(RequiredSkill.skill, RequiredSkill.level).where(
        RequiredSkill.ticket_type == code
    )
    before = {row.skill: row.level for row in await session.execute(query)}
    gone = before.keys() - needed.keys()
    await session.execute(
        delete(RequiredSkill).where(
            RequiredSkill.ticket_type == code, RequiredSkill.skill.in_(gone)
        )
    )
    for skill, level in needed.items():
        if before.get(skill) != level:
            await session.execute(
                insert(RequiredSkill)
                .values(ticket_type=code, skill=skill, level=level)
                .on_conflict_do_update(
                    index_elements=[RequiredSkill.ticket_type, RequiredSkill.skill],
                    set_={"level": level},
                )
            )
    return before


def _opened(ticket_type: TicketType, device: DeviceType) -> TicketTypePublished:
    return TicketTypePublished(
        code=ticket_type.code,
        version=ticket_type.version,
        name=ticket_type.name,
        device_type=device.code,
        device_name=device.name,
        active=ticket_type.active,
        survey_template=ticket_type.survey_template,
    )


def common(row: Versioned, names: Iterable[str]) -> dict[str, Any]:
    """What a row has of these names."""
    return {name: getattr(row, name) for name in names}


def _published(plan: SupportPlan) -> PlanPublished:
    return PlanPublished(**common(plan, PlanPublished.__struct_fields__))


def _priced(plan: SupportPlan) -> PlanPriced:
    return PlanPriced(**common(plan, PlanPriced.__struct_fields__))
