"""Up to which total one person may approve a run; over it two different people do.

Administrators keep the limit. Rows are only ever added: the newest counts, the others say who
changed it, when and why.
"""

from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.fields import Reason
from api.billing.guards import READERS
from api.billing.invoices.tables import ApprovalLimit
from api.kernel.auth import Requires, SignedInRequest

DEFAULT_CENTS: Final = 25_000_000
"""Until an administrator sets another."""
KEEPERS = [Requires("administrator")]


class NewLimit(msgspec.Struct, forbid_unknown_fields=True):
    limit_cents: Annotated[
        int,
        msgspec.Meta(ge=0, le=99_999_999_999, description="0: two people approve every run."),
    ]
    reason: Reason


class LimitView(msgspec.Struct, kw_only=True):
    """The limit in force; who set it, when and why is null while it is the default."""

    limit_cents: int
    set_by: UUID | None = None
    set_at: datetime | None = None
    reason: str | None = None

    @classmethod
    def of(cls, limit: ApprovalLimit | None) -> Self:
        if limit is None:
            return cls(limit_cents=DEFAULT_CENTS)
        return cls(**{name: getattr(limit, name) for name in cls.__struct_fields__})


async def in_force(session: AsyncSession, *, not_by: UUID | None = None) -> ApprovalLimit | None:
    """The newest limit (that somebody else has set), None when none was ever set."""
    query = select(ApprovalLimit).order_by(ApprovalLimit.set_at.desc(), ApprovalLimit.id.desc())
    if not_by is not None:
        query = query.where(ApprovalLimit.set_by != not_by)
    found: ApprovalLimit | None = await session.scalar(query.limit(1))
    return found


async def limit_cents(session: AsyncSession) -> int:
    """The total, in cents, over which two people approve."""
    return LimitView.of(await in_force(session)).limit_cents


async def limit_for(session: AsyncSession, person: UUID) -> int:
    """The total, in cents, over which this person's approval needs another one's.

    Who keeps the limit may be of finance too: one's own rise does not make one's approval enough.
    """
    others = LimitView.of(await in_force(session, not_by=person)).limit_cents
    return min(others, await limit_cents(session))


class ApprovalLimitController(Controller):
    path = "/approval-limit"

    @get(guards=READERS, summary="The limit for one person's approval")
    async def limit(self, session: NamedDependency[AsyncSession]) -> LimitView:
        """A run whose total is over it is approved by two different people, never by itself."""
        return LimitView.of(await in_force(session))

    @put(guards=KEEPERS, summary="Set the limit for one person's approval")
    async def set_limit(
        self,
        data: JSONBody[NewLimit],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> LimitView:
        """It counts from the next approval on, also of a run that waits already."""
        made = ApprovalLimit(
            limit_cents=data.limit_cents, set_by=request.user.id, set_at=now, reason=data.reason
        )
        session.add(made)
        await session.flush()
        return LimitView.of(made)
