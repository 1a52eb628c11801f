"""Customers see what they were told, and what became of it."""

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account
from api.customer.guards import CUSTOMERS
from api.customer.notifications.service import Kind
from api.customer.notifications.tables import LOG, Notification
from api.customer.notifications.words import WORDS
from api.kernel.auth import SignedInRequest
from api.kernel.notifications import replies
from api.kernel.notifications.views import AttemptView, Told, attempts_by_notification, told
from api.kernel.paging import PageCursor, PageSize, Position, cut, position, position_of


class NotificationView(Told, kw_only=True):
    """`queued` waits or is tried again, `sent` was taken by the provider, `delivered` arrived,
    `failed` did not; `overtaken` was no longer so when it would have been sent. `instead_of_sms`
    says why it went by e-mail: texts were `stopped` by your number, or one `failed`.
    """

    kind: Kind
    about: str
    ticket_id: UUID | None


class NotificationPage(msgspec.Struct):
    """`next_cursor` is null on the last page. `texts_stopped_at` is since when your number wants
    no text messages, null while it may be sent some.
    """

    items: list[NotificationView]
    next_cursor: str | None
    texts_stopped_at: datetime | None


def view(notification: Notification, attempts: list[AttemptView]) -> NotificationView:
    kind = cast("Kind", notification.kind)
    return NotificationView(
        kind=kind,
        about=WORDS[kind],
        ticket_id=notification.ticket_id,
        **told(notification, attempts),
    )


class NotificationController(Controller):
    path = "/me/notifications"
    guards = CUSTOMERS

    @get(summary="What I was told")
    async def notifications(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        ticket_id: Annotated[UUID | None, QueryParameter(description="Of one ticket.")] = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> NotificationPage:
        """Every e-mail and text message, the newest first, with each attempt to send it and what
        the provider answered.
        """
        after = position_of(cursor) if cursor else None
        found = await _page(session, request.user.id, ticket_id, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.created_at, it.id))
        made = await attempts_by_notification(session, LOG, [it.id for it in shown])
        phone = await session.scalar(select(Account.phone).where(Account.id == request.user.id))
        return NotificationPage(
            [view(it, made[it.id]) for it in shown],
            more,
            await replies.stopped_since(session, LOG, phone) if phone else None,
        )


async def _page(
    session: AsyncSession,
    account_id: UUID,
    ticket_id: UUID | None,
    after: Position | None,
    size: int,
) -> list[Notification]:
    """In the order of their ids, which are made in the order of time."""
    query = select(Notification).where(Notification.account_id == account_id)
    if ticket_id is not None:
        query = query.where(Notification.ticket_id == ticket_id)
    if after is not None:
        query = query.where(Notification.id < after.id)
    return list(await session.scalars(query.order_by(Notification.id.desc()).limit(size)))
