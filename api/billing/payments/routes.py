"""Alerts of billing: what a person must look at."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.history import Act
from api.billing.adjustments.views import Because
from api.billing.guards import READERS
from api.billing.payments import service
from api.billing.payments.service import AlertStatus
from api.billing.payments.tables import Alert
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of

LOOKED_AFTER = "Looked after."
Status = Annotated[AlertStatus | None, QueryParameter(description="Leave it out for both.")]
Kind = Annotated[
    str | None, QueryParameter(pattern="^[a-z_]{1,50}$", description="`payment_declined` ...")
]


class AlertView(msgspec.Struct, kw_only=True):
    """`subject_id` is what it is about: by kind an invoice, payment, contract, card or run."""

    id: UUID
    kind: str
    subject_id: UUID
    customer_id: UUID | None
    detail: str
    status: str
    created_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, alert: Alert) -> Self:
        return cls(**{name: getattr(alert, name) for name in cls.__struct_fields__})


class AlertPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[AlertView]
    next_cursor: str | None


class AlertController(Controller):
    path = "/alerts"

    @get(guards=READERS, summary="Alerts")
    async def alerts(
        self,
        session: NamedDependency[AsyncSession],
        status: Status = None,
        kind: Kind = None,
        limit: PageSize = 50,
        cursor: PageCursor = None,
    ) -> AlertPage:
        """The newest first, page by page."""
        after = position_of(cursor) if cursor else None
        found = await service.page(session, status=status, kind=kind, after=after, size=limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.created_at, it.id))
        return AlertPage([AlertView.of(alert) for alert in shown], more)

    @post("/{alert_id:uuid}/closing", status_code=200, guards=READERS, summary="Close an alert")
    async def close(
        self,
        alert_id: FromPath[UUID],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        data: JSONBody[Because | None] = None,
    ) -> AlertView:
        """Its cause was looked after; if it comes again, it is a new alert.

        A reason is kept with it in the history of acts; without a body it is "Looked after."
        """
        act = Act(request.user.id, data.reason if data else LOOKED_AFTER, now)
        return AlertView.of(await service.close(session, alert_id, act))
