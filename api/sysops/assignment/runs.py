"""Assignment runs as they are kept."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from api.kernel.errors import NotFound
from api.sysops.assignment import service
from api.sysops.assignment.policy import Policy
from api.sysops.assignment.tables import AssignmentRun

# Not the hashes: they are for whoever replays a run.
_SHOWN = load_only(
    AssignmentRun.id, AssignmentRun.started_at, AssignmentRun.finished_at, AssignmentRun.as_of,
    AssignmentRun.status, AssignmentRun.policy, AssignmentRun.tickets, AssignmentRun.windows,
    AssignmentRun.edges, AssignmentRun.assigned, AssignmentRun.skipped, AssignmentRun.objective,
    AssignmentRun.proven, AssignmentRun.evidence, AssignmentRun.seconds,
)  # fmt: skip


async def page(session: AsyncSession, before: UUID | None, most: int) -> Sequence[AssignmentRun]:
    """Runs, the newest first: their ids grow."""
    query = select(AssignmentRun).options(_SHOWN).order_by(AssignmentRun.id.desc()).limit(most)
    if before is not None:
        query = query.where(AssignmentRun.id < before)
    return (await session.scalars(query)).all()


async def find(session: AsyncSession, run_id: UUID) -> AssignmentRun:
    """One run; raises NotFound."""
    query = select(AssignmentRun).options(_SHOWN).where(AssignmentRun.id == run_id)
    run = (await session.scalars(query)).one_or_none()
    if run is None:
        raise NotFound("There is no such assignment run.")
    return run


async def policy_of(session: AsyncSession, title: str) -> Policy | None:
    """The policy that a run names ("balanced/1"); None when there is none of that name."""
    name, _, version = title.partition("/")
    if not version.isdecimal():
        return None
    try:
        return service.settings_of(await service.find(session, name, int(version)))
    except NotFound:
        return None
