"""Outliers that a run has parked: finance releases each to be billed, or voids it.

While its run is not decided, a released invoice joins the run, which is checked again. Later it is
issued by itself within minutes: the release, of one hash, is its approval.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind, FinanceAct
from api.billing.invoices import rules, runs
from api.billing.invoices.limits import limit_for
from api.billing.invoices.tables import BillingRun, Invoice, InvoiceLine
from api.billing.payments.alerts import close_alert
from api.kernel.errors import Conflict, NotFound
from api.kernel.sets import equals_any

OUTLIER: Final = "invoice_outlier"
REVIEW: Final = "outlier"
_DECISIONS: Final = (ActKind.RELEASE_OUTLIER, ActKind.VOID_OUTLIER)
_UNDECIDED: Final = ("drafted", "held")


@dataclass(slots=True)
class Found:
    """An outlier, what it is for, and what finance decided of it."""

    invoice: Invoice
    lines: list[InvoiceLine] = field(default_factory=list)
    acts: list[FinanceAct] = field(default_factory=list)


async def of_run(session: AsyncSession, run: BillingRun, after: UUID, size: int) -> Sequence[Found]:
    """The outliers of a run in the order of their ids, decided or not, after the one with an id."""
    query = select(Invoice).where(
        Invoice.run_id == run.id, Invoice.review.is_not(None), Invoice.id > after
    )
    invoices = list(await session.scalars(query.order_by(Invoice.id).limit(size)))
    found = {it.id: Found(it) for it in invoices}
    lines = select(InvoiceLine).where(equals_any(InvoiceLine.invoice_id, found))
    for line in await session.scalars(lines.order_by(InvoiceLine.position)):
        found[line.invoice_id].lines.append(line)
    acts = select(FinanceAct).where(
        equals_any(FinanceAct.invoice_id, found), FinanceAct.act.in_(it.value for it in _DECISIONS)
    )
    for act in await session.scalars(acts.order_by(FinanceAct.at, FinanceAct.id)):
        found[act.invoice_id].acts.append(act)  # type: ignore[index]
    return list(found.values())


async def release(session: AsyncSession, invoice_id: UUID, act: Act, *, seen: str) -> Invoice:
    """Have an outlier billed as it is.

    Raises:
        NotFound: no such invoice.
        Conflict: it is not parked as an outlier, it is not the one that was seen, its run is
            being issued, or was issued and this alone is over the limit for one person.
    """
    run, invoice = await _parked(session, invoice_id)
    if invoice.row_hash.hex() != seen:
        raise Conflict("The invoice is not the one you saw. Look at it again.")
    if run.status == "approved":
        raise Conflict("The run of this month is being issued. Try again in a few minutes.")
    over = rules.over_limit(invoice.total_cents, await limit_for(session, act.actor_id))
    if run.status in rules.ISSUED and over is not None:
        raise Conflict(f"{over} Its run is issued and cannot be approved again: void it.")
    invoice.status, invoice.review, invoice.reason = "draft", "released", None
    await _note(session, run, invoice, ActKind.RELEASE_OUTLIER, "released", act)
    if run.status in _UNDECIDED:
        await runs.send_back(session, run, act.now)
    return invoice


async def void(session: AsyncSession, invoice_id: UUID, act: Act) -> Invoice:
    """Bill nothing for this contract and month, unless it is drafted over another amount.

    Raises NotFound, or Conflict when it is not parked as an outlier.
    """
    run, invoice = await _parked(session, invoice_id)
    invoice.status = "void"
    await _note(session, run, invoice, ActKind.VOID_OUTLIER, "voided", act)
    return invoice


async def _parked(session: AsyncSession, invoice_id: UUID) -> tuple[BillingRun, Invoice]:
    """Both locked, the run first, as the job does."""
    found = await session.get(Invoice, invoice_id)
    if found is None:
        raise NotFound("There is no such invoice.")
    run = await session.get_one(BillingRun, found.run_id, with_for_update=True)
    invoice = await session.get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None or (invoice.status, invoice.review) != ("parked", REVIEW):
        raise Conflict("This invoice is not parked as an outlier.")
    return run, invoice


async def _note(
    session: AsyncSession, run: BillingRun, invoice: Invoice, kind: ActKind, act: str, by: Act
) -> None:
    """Write it down of the account and of the run; the reason stays with the account."""
    invoice.version += 1
    await session.flush()
    if run.status in rules.TRANSITIONS["draft"]:
        await runs.recount(session, run)
    await history.record(session, by, kind, invoice, amount_cents=invoice.total_cents)
    detail = f"Outlier {invoice.id} {act}."
    await runs.record(session, run, act, actor=str(by.actor_id), detail=detail, now=by.now)
    await close_alert(session, OUTLIER, invoice.id, by.now)
