"""The credit of a cancelled year: a run parks it, finance makes a credit note of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.rules import NUMBERED
from api.billing.invoices.tables import BillingRun, Invoice
from api.billing.payments.alerts import close_alert
from api.kernel.errors import Conflict

CREDIT_DUE = "credit_due"
_DECIDED = ("issued", "charging", "finished")


async def release(
    session: AsyncSession, invoice: Invoice, wanted_cents: int | None, now: datetime
) -> UUID:
    """End a parked invoice, whose amount is to be credited; the invoice of its term.

    Raises Conflict when its run may still draft it again, for another amount than its own, or
    when there is no invoice that it could take back.
    """
    run = await session.get_one(BillingRun, invoice.run_id, with_for_update={"read": True})
    if run.status not in _DECIDED:
        raise Conflict("The run of this month is not issued yet: it may still change this amount.")
    if wanted_cents not in {None, -invoice.total_cents}:
        raise Conflict(f"This credit is {-invoice.total_cents} cents, all of it or nothing.")
    query = select(Invoice.id).where(
        Invoice.contract_id == invoice.contract_id,
        Invoice.status.in_(NUMBERED),
        Invoice.total_cents > 0,
        Invoice.period_start <= invoice.period_start,
    )
    newest = query.order_by(Invoice.period_start.desc()).limit(1)
    term: UUID | None = await session.scalar(newest)
    if term is None:
        raise Conflict("There is no invoice of this contract that could be credited.")
    invoice.status, invoice.reason = "void", "Credited with a credit note."
    invoice.version += 1
    await session.flush()
    await close_alert(session, CREDIT_DUE, invoice.id, now)
    return term
