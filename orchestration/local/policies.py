"""Policies of assignment as the people who run the platform see and choose them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from api.sysops.assignment import service
from api.sysops.assignment.tables import AssignmentPolicy
from api.sysops.audit.service import by_platform
from orchestration.local.instance import Instance
from orchestration.local.operating import operating

_HINT = "`squad policy list` tells what there is."


@dataclass(frozen=True)
class Wanted:
    """A version of a policy, the newest where none is named."""

    name: str
    version: int | None = None


@dataclass(frozen=True)
class Shown:
    """One version; `since` is None for what is not in use."""

    name: str
    version: int
    note: str
    settings: dict[str, Any]
    since: datetime | None


async def newest(instance: Instance) -> list[Shown]:
    """The newest version of each policy, and the one in use where that is an older one."""
    async with operating(instance, _HINT) as session:
        used = await service.use_of(session)
        found = list(await service.newest_of_each(session))
        if used[1].id not in {kept.id for kept in found}:
            found.append(used[1])
        return [_shown(it, used) for it in sorted(found, key=lambda it: (it.name, it.version))]


async def show(instance: Instance, wanted: Wanted) -> Shown:
    """One version; raises LocalError when there is none."""
    async with operating(instance, _HINT) as session:
        kept = await service.find(session, wanted.name, wanted.version)
        return _shown(kept, await service.use_of(session))


async def use(instance: Instance, wanted: Wanted, now: datetime) -> Shown:
    """Let runs go by a version; raises LocalError when there is none."""
    async with operating(instance, _HINT) as session:
        used = await service.use(session, by_platform(now), wanted.name, wanted.version)
        return _shown(used[1], used)


def _shown(kept: AssignmentPolicy, used: service.Used) -> Shown:
    settings = msgspec.to_builtins(service.settings_of(kept))
    since = used[0].since if used[1].id == kept.id else None
    return Shown(kept.name, kept.version, kept.note, settings, since)
