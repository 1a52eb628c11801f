"""Reading runs and invoices, and finance's decision on a run."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.tables import CreditNote, Refund
from api.billing.adjustments.views import CreditNoteView, RefundView
from api.billing.calendar import Period
from api.billing.contracts.tables import Contract
from api.billing.invoices import comparison, limits, runs
from api.billing.invoices.tables import (
    BillingRun,
    Invoice,
    InvoiceLine,
    InvoiceStatus,
    LedgerEntry,
    RunEvent,
)
from api.billing.invoices.views import (
    DunningView,
    EntryView,
    InvoiceDetail,
    LineView,
    PaymentView,
    RunDetail,
    run_detail,
)
from api.billing.payments.tables import Dunning, Payment
from api.kernel.errors import Conflict, NotFound
from api.kernel.paging import Position

LATEST_RUNS = 36


async def list_runs(session: AsyncSession) -> list[BillingRun]:
    """The runs of the last three years, the newest first."""
    query = select(BillingRun).order_by(BillingRun.period.desc()).limit(LATEST_RUNS)
    return list(await session.scalars(query))


async def show_run(session: AsyncSession, period: Period) -> RunDetail:
    """A run with its findings, its comparison with last month and its history."""
    run = await runs.find_run(session, period)
    last = await comparison.last_run(session, run)
    query = select(RunEvent).where(RunEvent.run_id == run.id).order_by(RunEvent.at, RunEvent.id)
    events = list(await session.scalars(query))
    compared = await comparison.summary(session, run, last)
    counted = await session.execute(
        select(Invoice.status, func.count().label("invoices"))
        .where(Invoice.run_id == run.id)
        .group_by(Invoice.status)
        .order_by(Invoice.status)
    )
    by_status = {row.status: row.invoices for row in counted}
    limit = await limits.limit_cents(session)
    return run_detail(run, last, compared, events, limit, by_status)


async def approve(
    session: AsyncSession, period: Period, actor: str, *, seen: str, reason: str, now: datetime
) -> RunDetail:
    """Approve the rows that finance has looked at, named by their hash.

    Raises:
        Conflict: other rows have been checked since, a blocking check failed, or it is over the
            limit and this person has approved it already.
        TransitionRefused: the run does not wait for an approval.
    """
    run = await runs.find_run(session, period, lock=True)
    if run.status == "held" and (run.rows_hash is None or run.rows_hash.hex() != seen):
        raise Conflict("The rows are not the ones you saw. Look at the run again.")
    if run.status == "drafted":
        raise Conflict("The run is still being checked. Try again in a few minutes.")
    await runs.approve(session, run, actor, reason, now)
    return await show_run(session, period)


async def refuse(
    session: AsyncSession, period: Period, actor: str, *, reason: str, now: datetime
) -> RunDetail:
    """Send a held run back; raises TransitionRefused when it does not wait."""
    run = await runs.find_run(session, period, lock=True)
    await runs.refuse(session, run, actor, reason, now)
    return await show_run(session, period)


@dataclass(frozen=True, slots=True)
class InvoiceSearch:
    """What is None does not matter; `period` is a month's first day."""

    customer_id: UUID | None = None
    contract_id: UUID | None = None
    status: InvoiceStatus | None = None
    period: date | None = None
    number: int | None = None


async def invoice_page(
    session: AsyncSession, search: InvoiceSearch, after: Position | None, size: int
) -> list[Invoice]:
    """The invoices that match, after a position, the newest month first."""
    query = select(Invoice)
    wanted = {
        Invoice.customer_id: search.customer_id,
        Invoice.contract_id: search.contract_id,
        Invoice.status: search.status,
        Invoice.period_start: search.period,
        Invoice.number: search.number,
    }
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if search.contract_id is not None:
        # Invoices are found by their customer; a contract has one.
        owner = select(Contract.customer_id).where(Contract.id == search.contract_id)
        query = query.where(Invoice.customer_id == owner.scalar_subquery())
    if after is not None:
        place = (after.moment.date(), after.id)
        query = query.where(tuple_(Invoice.period_start, Invoice.id) < place)
    query = query.order_by(Invoice.period_start.desc(), Invoice.id.desc()).limit(size)
    return list(await session.scalars(query))


async def show_invoice(session: AsyncSession, invoice_id: UUID) -> InvoiceDetail:
    """An invoice with all that happened to it; raises NotFound."""
    invoice = await session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound("There is no such invoice.")
    lines = await session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.position)
    )
    payments = await session.scalars(
        select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.attempt)
    )
    ledger = await session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.invoice_id == invoice_id)
        .order_by(LedgerEntry.posted_at, LedgerEntry.id)
    )
    notes = await session.scalars(
        select(CreditNote)
        .where(CreditNote.invoice_id == invoice_id)
        .order_by(CreditNote.created_at, CreditNote.id)
    )
    refunds = await session.scalars(
        select(Refund).where(Refund.invoice_id == invoice_id).order_by(Refund.created_at, Refund.id)
    )
    dunning = await session.get(Dunning, invoice_id)
    return InvoiceDetail(
        **InvoiceDetail.fields(invoice),
        period_end=invoice.period_end,
        review=invoice.review,
        row_hash=invoice.row_hash.hex(),
        lines=[LineView.of(line) for line in lines],
        payments=[PaymentView.of(payment) for payment in payments],
        credit_notes=[CreditNoteView.of(note) for note in notes],
        refunds=[RefundView.of(refund) for refund in refunds],
        dunning=DunningView.of(dunning) if dunning else None,
        ledger=[EntryView.of(entry) for entry in ledger],
    )
