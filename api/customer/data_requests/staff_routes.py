"""Administrators see data requests and their receipts, and file one for who wrote or called."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.data_requests import service
from api.customer.data_requests.rules import Kind, Status
from api.customer.data_requests.views import (
    DataRequestInTheNameOf,
    StaffDataRequestPage,
    StaffDataRequestView,
)
from api.customer.guards import KEEPERS_OF_DATA_REQUESTS
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cursor_of, position_of

Whose = Annotated[UUID | None, QueryParameter(description="Of this customer alone.")]
OfKind = Annotated[Kind | None, QueryParameter(description="Of this kind alone.")]
InStatus = Annotated[Status | None, QueryParameter(description="In this status alone.")]


class StaffDataRequestController(Controller):
    path = "/data-requests"
    guards = KEEPERS_OF_DATA_REQUESTS

    @post(status_code=202, summary="File a data request in a customer's name")
    async def file(
        self,
        request: SignedInRequest,
        data: JSONBody[DataRequestInTheNameOf],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> StaffDataRequestView:
        """For a letter or a call. It goes into the audit log, and the customer is told by mail.

        All is as if the customer had asked: an erasure begins after seven days, an export can be
        fetched by the customer alone. `customer_id` is the one of the customer directory.
        """
        filed = await service.file(
            session,
            data.customer_id,
            data.kind,
            now,
            give_up_credit=data.give_up_credit,
            staff=service.Staff(id=request.user.id, reason=str(data.reason)),
        )
        return StaffDataRequestView.of(filed)

    @get(summary="Data requests")
    async def all_of_them(
        self,
        session: NamedDependency[AsyncSession],
        customer_id: Whose = None,
        kind: OfKind = None,
        status: InStatus = None,
        cursor: PageCursor = None,
        limit: PageSize = 20,
    ) -> StaffDataRequestPage:
        """The newest first, with what each waits for and its receipt."""
        search = service.Search(account_id=customer_id, kind=kind, status=status)
        after = position_of(cursor) if cursor else None
        found = await service.page(session, search, after, limit)
        more = cursor_of(found[-1].asked_at, found[-1].id) if len(found) == limit else None
        return StaffDataRequestPage([StaffDataRequestView.of(it) for it in found], more)

    @get("/{request_id:uuid}", summary="One customer's data request")
    async def one(
        self, request_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> StaffDataRequestView:
        """Also of a customer who was erased: the receipt stays, and says nothing of the person."""
        return StaffDataRequestView.of(await service.find(session, request_id))

    @delete("/{request_id:uuid}", summary="Withdraw an erasure in a customer's name")
    async def withdraw(
        self,
        request: SignedInRequest,
        request_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """For who changed their mind and called. It goes into the audit log."""
        found = await service.find(session, request_id)
        await service.withdraw(session, found, now, staff_id=request.user.id)
