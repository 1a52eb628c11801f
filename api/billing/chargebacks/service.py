"""Booking disputes: what the provider tells, and what finance decides when one is lost."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from api.billing.adjustments import history
from api.billing.adjustments.history import Act
from api.billing.adjustments.ledger import post
from api.billing.adjustments.tables import ActKind
from api.billing.chargebacks import rules
from api.billing.chargebacks.tables import Chargeback
from api.billing.invoices.numbers import number_text
from api.billing.invoices.tables import Invoice
from api.billing.payments.alerts import Cause, close_alert, open_alerts
from api.billing.payments.tables import Payment
from api.kernel.errors import Conflict, NotFound
from api.kernel.outside.payments import ListedDispute

OPENED, LOST, ODD = "chargeback_opened", "chargeback_lost", "chargeback_contradicted"
# Among the advisory locks of this database, with a hash of the charge's reference.
_DISPUTES = 0x0B04
_UNMATCHED = UUID("c0c2bd5a-3c0e-4f0e-8a54-6a3f1f1b8d11")


async def report(session: AsyncSession, told: ListedDispute, now: datetime) -> None:
    """As `take`, for what the provider says of its own accord, which may overtake its own answer.

    Raises Conflict while the charge is undecided here: told again later, it is booked.
    """
    undecided = select(Payment.id).where(
        Payment.idempotency_key == told.idempotency_key,
        Payment.status.in_(("intent", "unknown")),
    )
    if await session.scalar(undecided) is not None:
        raise Conflict("The charge is not booked yet. Report it again in a minute.")
    await take(session, told, now)


async def take(session: AsyncSession, told: ListedDispute, now: datetime) -> None:
    """Book what the provider tells of a dispute; told again, nothing changes.

    What is not about a charge that we booked, or over more than it, is an alert and no posting.
    """
    # Reports and the daily comparison may tell of one charge at once.
    await session.execute(
        select(func.pg_advisory_xact_lock(_DISPUTES, func.hashtext(told.charge_ref)))
    )
    payment = await _disputed(session, told)
    if payment is None:
        subject = uuid5(_UNMATCHED, told.provider_ref)
        detail = (
            f"The provider reports a dispute, {told.provider_ref}, that does not fit a charge that "
            f"we booked ({told.charge_ref}). Compare there; it is looked at again."
        )
        await open_alerts(session, ODD, [Cause(subject, detail)], now)
        return
    await close_alert(session, ODD, uuid5(_UNMATCHED, told.provider_ref), now)
    wanted = select(Chargeback).where(Chargeback.provider_reference == told.provider_ref)
    found = await session.scalar(wanted.with_for_update())
    known = found.status if found else None
    if found is not None and rules.contradicts(found.status, told.status):  # type: ignore[arg-type]
        detail = f"The provider now calls the dispute {told.provider_ref} {told.status}: ask there."
        await open_alerts(session, ODD, [Cause(found.id, detail, found.customer_id)], now)
    chargeback = found or _new(session, payment, told)
    for step in rules.steps(known, told.status):  # type: ignore[arg-type]
        await _book(session, chargeback, step, now)


async def _disputed(session: AsyncSession, told: ListedDispute) -> Payment | None:
    # All disputes of a charge together take back no more than it.
    others = select(func.coalesce(func.sum(Chargeback.amount_cents), 0)).where(
        Chargeback.payment_id == Payment.id,
        Chargeback.provider_reference != told.provider_ref,
        Chargeback.status != "won",
    )
    query = select(Payment).where(
        Payment.idempotency_key == told.idempotency_key,
        Payment.provider_reference == told.charge_ref,
        Payment.status == "approved",
        Payment.currency == told.currency,
        Payment.amount_cents - others.scalar_subquery() >= told.amount_cents,
    )
    columns = (Payment.id, Payment.invoice_id, Payment.customer_id)
    return await session.scalar(query.options(load_only(*columns)))


def _new(session: AsyncSession, payment: Payment, told: ListedDispute) -> Chargeback:
    made = Chargeback(
        provider_reference=told.provider_ref,
        payment_id=payment.id,
        invoice_id=payment.invoice_id,
        customer_id=payment.customer_id,
        amount_cents=told.amount_cents,
        currency=told.currency,
        reason=told.reason,
        status="open",
        answer_by=told.answer_by,
        opened_at=told.created_at,
    )
    session.add(made)
    return made


async def _book(session: AsyncSession, it: Chargeback, step: rules.Told, now: datetime) -> None:
    await session.flush()
    invoice = await _invoice(session, it)
    number, cents = number_text(invoice.number or 0), it.amount_cents
    it.status = step
    if step == "open":
        sides = {"chargeback": cents, "cash": -cents}
        await post(session, invoice, "chargeback", it.id, sides, now)
        detail = rules.opened(cents, it.currency, number, it.reason, it.answer_by)
        await open_alerts(session, OPENED, [Cause(it.id, detail, it.customer_id)], now)
        return
    it.decided_at = now
    await close_alert(session, OPENED, it.id, now)
    if step == "won":
        sides = {"cash": cents, "chargeback": -cents}
        await post(session, invoice, "chargeback_won", it.id, sides, now)
    else:
        detail = rules.lost(cents, it.currency, number)
        await open_alerts(session, LOST, [Cause(it.id, detail, it.customer_id)], now)


async def write_off(session: AsyncSession, chargeback_id: UUID, act: Act) -> Chargeback:
    """Give up what a lost dispute took; raises NotFound, or Conflict when it is not lost."""
    it = await session.get(Chargeback, chargeback_id, with_for_update=True, populate_existing=True)
    if it is None:
        raise NotFound("There is no such chargeback.")
    if it.status != "lost":
        raise Conflict(f"Only a lost chargeback is written off; this one is {it.status}.")
    invoice = await session.get_one(Invoice, it.invoice_id)
    sides = {"write_off": it.amount_cents, "chargeback": -it.amount_cents}
    await post(session, invoice, "write_off", it.id, sides, act.now)
    it.status = "written_off"
    await close_alert(session, LOST, it.id, act.now)
    await history.record(
        session,
        act,
        ActKind.WRITE_OFF,
        invoice,
        subject_id=it.id,
        amount_cents=it.amount_cents,
    )
    return it


async def _invoice(session: AsyncSession, it: Chargeback) -> Invoice:
    query = select(Invoice).where(Invoice.id == it.invoice_id)
    columns = (Invoice.id, Invoice.number, Invoice.customer_id, Invoice.currency)
    return (await session.scalars(query.options(load_only(*columns)))).one()
