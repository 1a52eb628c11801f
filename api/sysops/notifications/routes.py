"""Administrators see what staff were told, and what became of it."""

from typing import Annotated, cast
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires
from api.kernel.notifications.rules import Status
from api.kernel.notifications.views import AttemptView, Told, attempts_by_notification, told
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of
from api.sysops.notifications.service import Kind
from api.sysops.notifications.tables import LOG, Notification
from api.sysops.staff.tables import Staff


class StaffNotificationView(Told, kw_only=True):
    """`queued` waits or is tried again, `sent` was taken by the provider, `delivered` arrived,
    `failed` did not (`failure` is the provider's last word); `overtaken` was no longer so when it
    would have been sent. `instead_of_sms` says why it went by e-mail.
    """

    staff_id: UUID
    full_name: str
    kind: Kind
    ticket_id: UUID | None
    failure: str | None


class StaffNotificationPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[StaffNotificationView]
    next_cursor: str | None


def view(
    notification: Notification, full_name: str, attempts: list[AttemptView]
) -> StaffNotificationView:
    return StaffNotificationView(
        staff_id=notification.staff_id,
        full_name=full_name,
        kind=cast("Kind", notification.kind),
        ticket_id=notification.ticket_id,
        failure=notification.failure,
        **told(notification, attempts),
    )


class StaffNotificationController(Controller):
    path = "/notifications"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get(summary="What staff were told")
    async def notifications(
        self,
        session: NamedDependency[AsyncSession],
        *,
        staff_id: Annotated[UUID | None, QueryParameter(description="Whom.")] = None,
        status: FromQuery[Status | None] = None,
        kind: FromQuery[Kind | None] = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> StaffNotificationPage:
        """Every e-mail and text message to staff, the newest first, with each attempt to send it
        and what the provider answered. All filters given must match.
        """
        wanted = {"staff_id": staff_id, "status": status, "kind": kind}
        query = select(Notification, Staff.full_name).join(Staff, Staff.id == Notification.staff_id)
        for name, value in wanted.items():
            if value is not None:
                query = query.where(getattr(Notification, name) == value)
        if cursor:
            # In the order of their ids, which are made in the order of time.
            query = query.where(Notification.id < position_of(cursor).id)
        rows = await session.execute(query.order_by(Notification.id.desc()).limit(limit + 1))
        found = [(notification, name) for notification, name in rows]
        shown, more = cut(found, limit, lambda it: position(it[0].created_at, it[0].id))
        made = await attempts_by_notification(session, LOG, [it.id for it, _ in shown])
        return StaffNotificationPage([view(it, name, made[it.id]) for it, name in shown], more)
