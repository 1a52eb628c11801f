"""Finance looks at billing runs and decides on them; invoices of a customer."""

from datetime import UTC, datetime, time
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.fields import MONTH, Hash, Reason
from api.billing.guards import DECIDERS, READERS
from api.billing.invoices import comparison, runs, service
from api.billing.invoices.comparison import Kind
from api.billing.invoices.numbers import number_of
from api.billing.invoices.tables import Invoice, InvoiceStatus
from api.billing.invoices.views import (
    ChangeView,
    InvoiceDetail,
    InvoiceView,
    RunDetail,
    RunView,
)
from api.kernel.auth import SignedInRequest
from api.kernel.errors import NotFound
from api.kernel.paging import PageCursor, PageSize, Position, cut, position, position_of

NO_ID = UUID(int=0)
Month = Annotated[
    str | None,
    QueryParameter(pattern=MONTH, description="A month, `2026-10`."),
]
Number = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^([Ii][Nn][Vv]-?)?0*[1-9][0-9]{0,17}$",
        description="`INV-00001234`, or its digits.",
    ),
]


class Approval(msgspec.Struct, forbid_unknown_fields=True):
    """`rows_hash` is the one of the run as you saw it: nothing else is approved."""

    rows_hash: Hash
    reason: Reason


class Refusal(msgspec.Struct, forbid_unknown_fields=True):
    reason: Reason


class ChangePage(msgspec.Struct):
    """`next_after` is null on the last page."""

    items: list[ChangeView]
    next_after: UUID | None


class InvoicePage(msgspec.Struct):
    """`next_cursor` is null on the last page."""

    items: list[InvoiceView]
    next_cursor: str | None


def _place(it: Invoice) -> Position:
    """An invoice's place in the list: by month, and within one by id."""
    return position(datetime.combine(it.period_start, time(), UTC), it.id)


def period_of(text: str) -> Period:
    """The month in a path; raises NotFound."""
    try:
        return Period.parse(text)
    except ValueError as error:
        raise NotFound("A billing run is named by its month, for example 2026-10.") from error


class RunController(Controller):
    path = "/runs"

    @get(guards=READERS, summary="Billing runs")
    async def runs(self, session: NamedDependency[AsyncSession]) -> list[RunView]:
        """One run a month, the newest first."""
        return [RunView.of(run) for run in await service.list_runs(session)]

    @get("/{period:str}", guards=READERS, summary="One billing run")
    async def run(self, period: FromPath[str], session: NamedDependency[AsyncSession]) -> RunDetail:
        """What the checks found, the comparison with last month, and who did what."""
        return await service.show_run(session, period_of(period))

    @get("/{period:str}/changes", guards=READERS, summary="What changed since last month")
    async def changes(
        self,
        period: FromPath[str],
        session: NamedDependency[AsyncSession],
        kind: Annotated[Kind, QueryParameter(description="Which contracts to list.")],
        limit: PageSize = 50,
        after: FromQuery[UUID] = NO_ID,
        customer_id: FromQuery[UUID | None] = None,
    ) -> ChangePage:
        """Contract by contract, the largest difference first: both totals, and why they differ.

        The next page is after `next_after`, a contract's id.
        """
        run = await runs.find_run(session, period_of(period))
        last = await comparison.last_run(session, run)
        rows = await comparison.changes(
            session, run, last, kind=kind, customer_id=customer_id, after=after, size=limit + 1
        )
        shown = [ChangeView(**row._asdict()) for row in rows[:limit]]
        return ChangePage(shown, shown[-1].contract_id if len(rows) > limit else None)

    @post("/{period:str}/approval", status_code=200, guards=DECIDERS, summary="Approve a run")
    async def approve(
        self,
        period: FromPath[str],
        data: JSONBody[Approval],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> RunDetail:
        """Exactly the rows of `rows_hash` are issued, within minutes.

        Over the limit (`approval.limit_cents`) two different people approve the same rows: the
        first approval is written down and the run is still held. When it is refused or its rows
        change, it begins again.
        """
        return await service.approve(
            session,
            period_of(period),
            str(request.user.id),
            seen=data.rows_hash,
            reason=data.reason,
            now=now,
        )

    @post("/{period:str}/refusal", status_code=200, guards=DECIDERS, summary="Refuse a run")
    async def refuse(
        self,
        period: FromPath[str],
        data: JSONBody[Refusal],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> RunDetail:
        """Nothing is issued; when the cause is put right, the month is drafted again."""
        return await service.refuse(
            session, period_of(period), str(request.user.id), reason=data.reason, now=now
        )


class InvoiceController(Controller):
    path = "/invoices"
    guards = READERS

    @get(summary="Invoices")
    async def invoices(
        self,
        session: NamedDependency[AsyncSession],
        *,
        customer_id: FromQuery[UUID | None] = None,
        contract_id: FromQuery[UUID | None] = None,
        status: FromQuery[InvoiceStatus | None] = None,
        period: Month = None,
        number: Number = None,
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> InvoicePage:
        """Drafts and parked ones included, the newest month first, page by page.

        All filters given must match: customer, contract, status, month, number.
        """
        search = service.InvoiceSearch(
            customer_id,
            contract_id,
            status,
            Period.parse(period).first if period else None,
            number_of(number) if number else None,
        )
        after = position_of(cursor) if cursor else None
        found = await service.invoice_page(session, search, after, limit + 1)
        shown, more = cut(found, limit, _place)
        return InvoicePage([InvoiceView.of(invoice) for invoice in shown], more)

    @get("/{invoice_id:uuid}", summary="One invoice")
    async def invoice(
        self, invoice_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> InvoiceDetail:
        """Its lines, every attempt to charge it, its dunning, credit notes and refunds, and its
        entries in the ledger.
        """
        return await service.show_invoice(session, invoice_id)
