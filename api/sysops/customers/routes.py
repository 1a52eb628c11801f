"""Customers for the helpdesk: found while they are on the line, and seen as a whole."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires
from api.kernel.paging import PageCursor, PageSize
from api.sysops.customers import service
from api.sysops.search.filters import OPEN_WORK, Filters
from api.sysops.search.routes import FoundTicket, page_of
from api.sysops.search.tickets import Search
from api.sysops.search.typed import SearchWords, take_apart
from api.sysops.tickets.routes import OVERSEERS
from api.sysops.tickets.tables import Customer, Entitlement

MOST_OPEN: Final = 100
MORE: Final = "X-More"


class EntitlementView(msgspec.Struct):
    """`status` is active or cancelled, `standing` good or suspended: a visit needs the first of
    each."""

    contract_id: UUID
    plan_code: str | None
    status: str
    standing: str

    @classmethod
    def of(cls, entitlement: Entitlement) -> Self:
        return cls(**{name: getattr(entitlement, name) for name in cls.__struct_fields__})


class CustomerView(msgspec.Struct):
    """A customer of the directory, with what their contracts entitle to."""

    id: UUID
    full_name: str
    email: str
    phone: str
    addresses: list[dict[str, Any]]
    entitlements: list[EntitlementView]

    @classmethod
    def of(cls, customer: Customer, entitlements: list[Entitlement]) -> Self:
        return cls(
            customer.id,
            customer.full_name,
            customer.email,
            customer.phone,
            customer.addresses,
            [EntitlementView.of(one) for one in entitlements],
        )


class CustomerDetail(msgspec.Struct):
    """`tickets` are all of the customer's, the newest first, page by page; `open_tickets` those
    that are neither resolved nor closed nor cancelled, at most 100."""

    customer: CustomerView
    open_tickets: list[FoundTicket]
    tickets: list[FoundTicket]
    next_cursor: str | None


class CustomerController(Controller):
    path = "/customers"
    guards = [Requires(*OVERSEERS)]  # noqa: RUF012 - Litestar's way

    @get(
        summary="Find a customer",
        response_headers=[
            ResponseHeader(
                name=MORE,
                description="Whether others match as well: `true` or `false`.",
                documentation_only=True,
            )
        ],
    )
    async def customers(
        self,
        session: NamedDependency[AsyncSession],
        text: Annotated[
            SearchWords,
            QueryParameter(description="Name, telephone number, e-mail, address, or parts."),
        ],
    ) -> Response[list[CustomerView]]:
        """At most 20 customers that have all that was typed, the likeliest first, also before
        their first ticket. More words find fewer.

        Names and streets are found in any order, without accents, by their beginnings, and when
        they are misspelt; telephone numbers in any notation, by their last four digits, or by
        five and more from anywhere; e-mail addresses by any part. A change is found a moment
        after it was written.
        """
        found = await service.find(session, take_apart(text))
        held = await service.entitlements_of(session, [one.id for one in found.customers])
        views = [CustomerView.of(one, held.get(one.id, [])) for one in found.customers]
        return Response(views, headers={MORE: str(found.more).lower()})

    @get("/{customer_id:uuid}", summary="One customer")
    async def customer(
        self,
        customer_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        *,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> CustomerDetail:
        """Addresses, entitlements, open tickets, and all tickets, the newest first.

        `GET /sysops/tickets?customer_id=` lists the same tickets with filters and words.
        """
        customer = await service.load(session, customer_id)
        held = await service.entitlements_of(session, [customer_id])
        still_open = Filters(customer_id=customer_id, statuses=OPEN_WORK)
        waiting = await Search(session, still_open, MOST_OPEN, now).listed(None)
        every = Filters(customer_id=customer_id)
        page = await page_of(session, await Search(session, every, limit, now).listed(cursor), now)
        return CustomerDetail(
            CustomerView.of(customer, held.get(customer_id, [])),
            (await page_of(session, waiting, now)).items,
            page.items,
            page.next_cursor,
        )
