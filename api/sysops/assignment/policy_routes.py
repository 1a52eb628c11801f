"""Policies of assignment over HTTP: what experts are chosen by, in versions."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line
from api.sysops.assignment import service
from api.sysops.assignment.policy import Policy
from api.sysops.assignment.tables import AssignmentPolicy
from api.sysops.assignment.terms import TERMS, Term
from api.sysops.audit.routes import act_of
from api.sysops.catalogue import rules
from api.sysops.catalogue.routes import Code

READERS = Requires("administrator", "manager")
WRITERS = Requires("administrator")
Version = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class PolicyBody(msgspec.Struct, forbid_unknown_fields=True):
    """The whole policy; a weight left out is the balanced one. `note` says why it changed."""

    settings: Policy
    note: Line


class PolicyVersionView(msgspec.Struct):
    """`created_by` is null for what came with the platform."""

    version: int
    settings: Policy
    note: str
    created_at: datetime
    created_by: UUID | None
    in_use: bool


class PolicyView(msgspec.Struct):
    """All versions, the newest first; `terms` say what each field of the settings means."""

    name: str
    versions: list[PolicyVersionView]
    terms: tuple[Term, ...]


class PolicyLine(msgspec.Struct):
    """The newest version; `version_in_use` is null where none of the policy's is in use."""

    name: str
    version: int
    version_in_use: int | None
    settings: Policy
    note: str
    created_at: datetime


class PolicyList(msgspec.Struct):
    """By name; `terms` say what each field of the settings means."""

    policies: list[PolicyLine]
    terms: tuple[Term, ...]


class PolicyChoice(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=rules.CODE, max_length=rules.LONGEST_CODE)]
    version: Version


class PolicyInUse(msgspec.Struct):
    """`used_by` is null when the platform chose: at the beginning, or by `squad policy use`."""

    name: str
    version: int
    settings: Policy
    note: str
    since: datetime
    used_by: UUID | None

    @classmethod
    def of(cls, used: service.Used) -> Self:
        use, kept = used
        settings = service.settings_of(kept)
        return cls(kept.name, kept.version, settings, kept.note, use.since, use.used_by)


class PolicyController(Controller):
    """A version never changes and never goes: runs refer to it."""

    path = "/assignment"
    guards = [READERS]  # noqa: RUF012 - Litestar's way

    @get("/policies", summary="All policies of assignment")
    async def policies(self, session: NamedDependency[AsyncSession]) -> PolicyList:
        """The newest version of each, which of them is in use, and what every field means."""
        _, in_use = await service.use_of(session)
        lines = [
            PolicyLine(
                name=kept.name,
                version=kept.version,
                version_in_use=in_use.version if kept.name == in_use.name else None,
                settings=service.settings_of(kept),
                note=kept.note,
                created_at=kept.created_at,
            )
            for kept in await service.newest_of_each(session)
        ]
        return PolicyList(lines, TERMS)

    @get("/policies/{name:str}", summary="One policy of assignment")
    async def policy(self, name: Code, session: NamedDependency[AsyncSession]) -> PolicyView:
        """With all its versions; 404 when there is none."""
        return await _shown(session, name)

    @put("/policies/{name:str}", summary="Add a version of a policy", guards=[WRITERS])
    async def keep(
        self,
        request: SignedInRequest,
        name: Code,
        data: JSONBody[PolicyBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PolicyView:
        """A policy of a new name, or a new version of one that is there, a preset too.

        Settings that are those of the newest version add none. Runs go on by the policy that is
        in use: `PUT /sysops/assignment/policy-in-use` chooses another. 400 names every weight
        that is wrong, with its bounds and what it means; 422 those with which a visit could cost
        so much that experts could not be told apart.
        """
        await service.keep(session, act_of(request, now), name, data.settings, str(data.note))
        return await _shown(session, name)

    @get("/policy-in-use", summary="The policy in use")
    async def in_use(self, session: NamedDependency[AsyncSession]) -> PolicyInUse:
        """What the next assignment run goes by."""
        return PolicyInUse.of(await service.use_of(session))

    @put("/policy-in-use", summary="Use a version of a policy", guards=[WRITERS])
    async def use(
        self,
        request: SignedInRequest,
        data: JSONBody[PolicyChoice],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PolicyInUse:
        """From the next run on; visits that are proposed or accepted stay.

        What is in use already stays, since when it was. 404 when there is no such version.
        """
        act = act_of(request, now)
        return PolicyInUse.of(await service.use(session, act, data.name, data.version))


async def _shown(session: AsyncSession, name: str) -> PolicyView:
    versions = await service.versions_of(session, name)
    _, in_use = await service.use_of(session)
    return PolicyView(name, [_version(kept, in_use) for kept in versions], TERMS)


def _version(kept: AssignmentPolicy, in_use: AssignmentPolicy) -> PolicyVersionView:
    return PolicyVersionView(
        version=kept.version,
        settings=service.settings_of(kept),
        note=kept.note,
        created_at=kept.created_at,
        created_by=kept.created_by,
        in_use=kept.id == in_use.id,
    )
