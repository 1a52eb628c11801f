"""Outliers that a run has parked: finance releases each to be billed, or voids it.

While its run is not decided, a released invoice joins the run, which is checked again. Later it is
issued by itself within minutes: the release, of one hash, is its approval.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.tables import ActKind
from api.billing.invoices import rules, runs
from api.billing.invoices.limits import limit_for
from api.billing.invoices.tables import BillingRun, Invoice
from api.billing.payments.alerts import close_alert
from api.kernel.errors import Conflict, NotFound

OUTLIER: Final = "invoice_outlier"
_UNDECIDED: Final = ("drafted", "held")


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
        run.status = "drafted"
        runs.uncheck(run)
        await _waits_no_more(session, run, act.now)
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
    if invoice is None or (invoice.status, invoice.review) != ("parked", "outlier"):
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


async def _waits_no_more(session: AsyncSession, run: BillingRun, now: datetime) -> None:
    """Until it was checked again nobody can decide on it."""
    await session.flush()
    await close_alert(session, runs.HELD, run.id, now)
