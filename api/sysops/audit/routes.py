"""The audit log for administrators."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.clock import with_zone
from api.kernel.fields import Line
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of
from api.sysops.audit import service
from api.sysops.audit.tables import AuditEntry

_Text = Annotated[Line | None, QueryParameter(description="Exactly this.")]


def act_of(request: SignedInRequest, now: datetime) -> service.Act:
    """The signed-in person as the audit log names the one who acts."""
    return service.Act(request.user.id, request.user.roles, now)


class AuditView(msgspec.Struct):
    """One act. `before` is null for what was made, `after` for what was taken away.

    What was done by a `squad` command has the role "platform" and an id of zeros.
    """

    id: UUID
    at: datetime
    actor_id: UUID
    actor_roles: list[str]
    action: str
    subject_kind: str
    subject_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls(**{name: getattr(entry, name) for name in cls.__struct_fields__})


class AuditPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[AuditView]
    next_cursor: str | None


class AuditController(Controller):
    path = "/audit"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get(summary="Search the audit log")
    async def entries(
        self,
        session: NamedDependency[AsyncSession],
        *,
        actor: Annotated[UUID | None, QueryParameter(description="Who acted.")] = None,
        subject_kind: _Text = None,
        subject_id: _Text = None,
        action: _Text = None,
        since: Annotated[datetime | None, QueryParameter(name="from")] = None,
        until: Annotated[datetime | None, QueryParameter(name="to")] = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> AuditPage:
        """Administrative acts, the newest first, page by page.

        All filters given must match: who acted, on what (`subject_kind` is "staff", "expert",
        "support plan" and so on, `subject_id` its id or code), the action ("staff.created"), and
        the time, `from` included and `to` excluded; a time without an offset is UTC.
        """
        search = service.Search(
            actor, subject_kind, subject_id, action, with_zone(since), with_zone(until)
        )
        after = position_of(cursor) if cursor else None
        found = await service.page(session, search, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.at, it.id))
        return AuditPage([AuditView.of(entry) for entry in shown], more)
