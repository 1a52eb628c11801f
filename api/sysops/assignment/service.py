"""Keeping policies of assignment: versions that never change, and the one in use.

Services never commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.conditional import Stale
from api.kernel.database import apart
from api.kernel.errors import FieldError, Invalid, NotFound
from api.sysops.assignment.policy import Policy, too_dear
from api.sysops.assignment.tables import AssignmentPolicy, AssignmentPolicyUse
from api.sysops.audit.service import Act, record

log = structlog.get_logger()

# One number for all policies, among the advisory locks of this database.
_LOCK = 7_202
_ROWS = select(
    select(func.count()).select_from(AssignmentPolicy).scalar_subquery(),
    select(func.count()).select_from(AssignmentPolicyUse).scalar_subquery(),
)


class InUse(NamedTuple):
    """The policy that assignment runs go by."""

    id: UUID
    name: str
    version: int
    policy: Policy


Used = tuple[AssignmentPolicyUse, AssignmentPolicy]


def settings_of(kept: AssignmentPolicy) -> Policy:
    """The policy of a stored version, whichever release wrote it.

    What is missing, or is none of this release's values or too dear, is the balanced one; fields
    that this release does not know are left out.
    """
    known: dict[str, Any] = {}
    for field in msgspec.structs.fields(Policy):
        if field.name in kept.settings:
            try:
                known[field.name] = msgspec.convert(kept.settings[field.name], field.type)
            except msgspec.ValidationError:
                log.warning("policy_field_not_valid", policy=title_of(kept), field=field.name)
    for name in too_dear(Policy(**known)):
        log.warning("policy_field_not_valid", policy=title_of(kept), field=name)
        del known[name]
    return Policy(**known)


async def policy_in_use(session: AsyncSession) -> InUse:
    """The policy that the next run goes by."""
    _, kept = await use_of(session)
    return InUse(kept.id, kept.name, kept.version, settings_of(kept))


async def use_of(session: AsyncSession) -> Used:
    """The policy in use, and since when it is. There is always one: the migration began it."""
    newest = (
        select(AssignmentPolicyUse, AssignmentPolicy)
        .join(AssignmentPolicy, AssignmentPolicy.id == AssignmentPolicyUse.policy_id)
        .order_by(AssignmentPolicyUse.id.desc())
        .limit(1)
    )
    use, kept = (await session.execute(newest)).one()
    return use, kept


async def newest_of_each(session: AsyncSession) -> list[AssignmentPolicy]:
    """The newest version of every policy, by name."""
    query = (
        select(AssignmentPolicy)
        .ext(distinct_on(AssignmentPolicy.name))
        .order_by(AssignmentPolicy.name, AssignmentPolicy.version.desc())
    )
    return list(await session.scalars(query))


async def versions_of(session: AsyncSession, name: str) -> Sequence[AssignmentPolicy]:
    """All versions of a policy, the newest first; raises NotFound."""
    query = select(AssignmentPolicy).where(AssignmentPolicy.name == name)
    found = (await session.scalars(query.order_by(AssignmentPolicy.version.desc()))).all()
    if not found:
        raise NotFound(f"There is no policy with the name {name}.")
    return found


async def find(session: AsyncSession, name: str, version: int | None = None) -> AssignmentPolicy:
    """One version of a policy, the newest when none is named; raises NotFound."""
    versions = await versions_of(session, name)
    for kept in versions:
        if version in {None, kept.version}:
            return kept
    raise NotFound(f"The newest version of the policy {name} is {versions[0].version}.")


async def keep(session: AsyncSession, act: Act, name: str, policy: Policy, note: str) -> None:
    """Add a version, or a policy of a new name; what the newest version says already adds none.

    Nothing changes in use by it. Raises Invalid, naming each weight that is too dear, and Stale.
    """
    if wrong := too_dear(policy):
        raise Invalid([FieldError(f"/settings/{name}", words) for name, words in wrong.items()])
    await _one_at_a_time(session)
    query = select(AssignmentPolicy).where(AssignmentPolicy.name == name)
    newest = await session.scalar(query.order_by(AssignmentPolicy.version.desc()).limit(1))
    if newest is not None and settings_of(newest) == policy:
        return
    kept = AssignmentPolicy(
        name=name,
        version=newest.version + 1 if newest else 1,
        settings=msgspec.to_builtins(policy),
        note=note,
        created_at=act.now,
        created_by=act.staff_id,
    )
    session.add(kept)
    await session.flush()
    before = _state(newest) if newest else None
    subject = ("assignment policy", name)
    await record(session, act, "policy.kept", subject, before=before, after=_state(kept))


async def use(session: AsyncSession, act: Act, name: str, version: int | None = None) -> Used:
    """Let runs go by a version of a policy, the newest when none is named, from the next one on.

    What is in use already stays, since when it was. Raises NotFound and Stale.
    """
    await _one_at_a_time(session)
    kept = await find(session, name, version)
    current, before = await use_of(session)
    if before.id == kept.id:
        return current, before
    used = AssignmentPolicyUse(policy_id=kept.id, since=act.now, used_by=act.staff_id)
    session.add(used)
    await session.flush()
    await record(
        session,
        act,
        "policy.used",
        ("assignment policy", name),
        before={"in_use": title_of(before)},
        after={"in_use": title_of(kept)},
    )
    return used, kept


def title_of(kept: AssignmentPolicy) -> str:
    """How people and runs name a version: balanced/1."""
    return f"{kept.name}/{kept.version}"


def _state(kept: AssignmentPolicy) -> Mapping[str, Any]:
    """What the audit log tells of a version."""
    return {"version": kept.version, "note": kept.note, **kept.settings}


async def _one_at_a_time(session: AsyncSession) -> None:
    """Changes follow one another: each sees the policies as the last one left them.

    Raises Stale where the transaction looked before it was its turn, and somebody was quicker.
    Rows are only ever added, so PostgreSQL would not refuse, and their number tells.
    """
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    seen = (await session.execute(_ROWS)).one()
    async with apart(session) as fresh:
        if (await fresh.execute(_ROWS)).one() != seen:
            raise Stale("Somebody else changed the policies at the same moment. Look at them.")
