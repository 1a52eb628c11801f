"""Chargebacks over HTTP: what is disputed, and what finance decides."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.routes import act_of
from api.billing.adjustments.views import Because
from api.billing.chargebacks import service
from api.billing.chargebacks.rules import Status
from api.billing.chargebacks.tables import Chargeback
from api.billing.guards import READERS
from api.kernel.auth import SignedInRequest
from api.kernel.errors import NotFound
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of

Wanted = Annotated[Status | None, QueryParameter(description="Leave it out for all.")]


class ChargebackView(msgspec.Struct, kw_only=True):
    """`amount_cents` was taken back; `answer_by` is until when the provider takes an answer."""

    id: UUID
    provider_reference: str
    payment_id: UUID
    invoice_id: UUID
    customer_id: UUID
    amount_cents: int
    currency: str
    reason: str
    status: Status
    answer_by: datetime
    opened_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, it: Chargeback) -> Self:
        return cls(**{name: getattr(it, name) for name in cls.__struct_fields__})


class ChargebackPage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[ChargebackView]
    next_cursor: str | None


class ChargebackController(Controller):
    path = "/chargebacks"
    guards = READERS

    @get(summary="Chargebacks")
    async def chargebacks(
        self,
        session: NamedDependency[AsyncSession],
        status: Wanted = None,
        limit: PageSize = 50,
        cursor: PageCursor = None,
    ) -> ChargebackPage:
        """Payments that customers dispute at their banks, the newest first."""
        query = select(Chargeback)
        if status is not None:
            query = query.where(Chargeback.status == status)
        if cursor:
            after = position_of(cursor)
            place = tuple_(Chargeback.opened_at, Chargeback.id)
            query = query.where(place < (after.moment, after.id))
        query = query.order_by(Chargeback.opened_at.desc(), Chargeback.id.desc())
        found = list(await session.scalars(query.limit(limit + 1)))
        shown, more = cut(found, limit, lambda it: position(it.opened_at, it.id))
        return ChargebackPage([ChargebackView.of(it) for it in shown], more)

    @get("/{chargeback_id:uuid}", summary="One chargeback")
    async def chargeback(
        self, chargeback_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> ChargebackView:
        """How much was taken back, until when to answer, and how it ended."""
        found = await session.get(Chargeback, chargeback_id)
        if found is None:
            raise NotFound("There is no such chargeback.")
        return ChargebackView.of(found)

    @post("/{chargeback_id:uuid}/write-off", status_code=200, summary="Write a lost chargeback off")
    async def write_off(
        self,
        chargeback_id: FromPath[UUID],
        data: JSONBody[Because],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> ChargebackView:
        """What a lost dispute took is given up. The invoice stays paid: the customer owes nothing.

        409 unless it is lost.
        """
        act = act_of(request, data.reason, now)
        return ChargebackView.of(await service.write_off(session, chargeback_id, act))
