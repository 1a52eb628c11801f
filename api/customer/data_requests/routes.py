"""Customers get a copy of their data, or have it erased."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts import sessions
from api.customer.data_requests import service
from api.customer.data_requests.views import DataRequestPage, DataRequestView, NewDataRequest
from api.customer.guards import CUSTOMERS
from api.kernel.auth import SignedInRequest
from api.kernel.errors import FieldError, Invalid
from api.kernel.paging import PageCursor, PageSize, cursor_of, position_of

Part = Annotated[int, QueryParameter(ge=1, le=10_000, description="Which file, from 1.")]
DOWNLOAD = {
    200: ResponseSpec(data_container=bytes, media_type="application/zip", description="The file.")
}


class DataRequestController(Controller):
    path = "/me/data-requests"
    guards = CUSTOMERS

    @post(status_code=202, summary="Ask for my data, or for its end")
    async def ask(
        self,
        request: SignedInRequest,
        data: JSONBody[NewDataRequest],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> DataRequestView:
        """`export` gathers all that is kept about you, in all four databases, within minutes.

        A mail tells when it is ready, and it can be fetched for seven days; one a day.

        `erasure` needs your password once more and begins after seven days, in which you can
        withdraw it; a mail says so. Then your account is closed, and all but what bookkeeping has
        to keep is erased. Answers 409 and says what to do first while a contract runs, a ticket
        is open, an invoice is not paid, a payment or refund is under way, or there is credit that
        you have not given up.
        """
        if data.kind == "erasure":
            if data.password is None:
                raise Invalid([FieldError("/password", "An erasure needs your password again.")])
            await sessions.prove(session, request.user.id, data.password, now)
        filed = await service.file(
            session, request.user.id, data.kind, now, give_up_credit=data.give_up_credit
        )
        return DataRequestView.of(filed)

    @get(summary="My data requests")
    async def mine(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        cursor: PageCursor = None,
        limit: PageSize = 20,
    ) -> DataRequestPage:
        """The newest first."""
        search = service.Search(account_id=request.user.id)
        after = position_of(cursor) if cursor else None
        found = await service.page(session, search, after, limit)
        more = cursor_of(found[-1].asked_at, found[-1].id) if len(found) == limit else None
        return DataRequestPage([DataRequestView.of(it) for it in found], more)

    @get("/{request_id:uuid}", summary="One data request")
    async def one(
        self,
        request: SignedInRequest,
        request_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
    ) -> DataRequestView:
        """How far it is, what it waits for, and its receipt once it is done."""
        return DataRequestView.of(await service.find(session, request_id, request.user.id))

    @delete("/{request_id:uuid}", summary="Withdraw an erasure")
    async def withdraw(
        self,
        request: SignedInRequest,
        request_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> None:
        """Everything stays as it is. Answers 409 for one that has begun, and for an export."""
        found = await service.find(session, request_id, request.user.id)
        await service.withdraw(session, found, now)

    @get(
        "/{request_id:uuid}/export",
        summary="Download an export",
        media_type="application/zip",
        responses=DOWNLOAD,
    )
    async def export(
        self,
        request: SignedInRequest,
        request_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        part: Part = 1,
    ) -> Response[Any]:
        """A zip file: `data.json` and what each section of it is, and your photos.

        Many photos make more than one file: ask for each `part`, from 1 to `parts`.
        """
        found = await service.find(session, request_id, request.user.id)
        content = await service.part(session, found, part, now)
        name = f"sysops-squad-data-{part}-of-{found.parts}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="application/zip", headers=headers)
