"""What finance does about one invoice: retry, credit note, refund, write-off.

Each act locks the invoice, decides by the rules, posts, tells the customer quantum and is written
down, all in the caller's transaction. The provider is asked by the charge step alone: a retry and
a refund are intents here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments import history, rules
from api.billing.adjustments.history import Act
from api.billing.adjustments.ledger import change_credit, credit_of, post
from api.billing.adjustments.rules import AppliesTo, NotPossible, Place, Source, Standing
from api.billing.adjustments.tables import ActKind, CreditNote, Refund
from api.billing.chargebacks.tables import Chargeback
from api.billing.contracts import standing
from api.billing.contracts.tables import Contract
from api.billing.invoices.announce import announce
from api.billing.invoices.numbers import CREDIT_NOTES, take_numbers
from api.billing.invoices.tables import Invoice
from api.billing.payments.alerts import close_alert
from api.billing.payments.tables import Dunning, Payment
from api.kernel.errors import Conflict, NotFound

DECLINED: Final = "payment_declined"
_UNDER_WAY: Final = ("intent", "unknown")


@dataclass(frozen=True, slots=True)
class Locked:
    """An invoice that nobody else can change until the transaction ends."""

    invoice: Invoice
    amounts: Standing


async def lock(session: AsyncSession, invoice_id: UUID) -> Locked:
    """The invoice with its amounts; raises NotFound."""
    invoice = await session.get(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    if invoice is None:
        raise NotFound("There is no such invoice.")
    undecided = select(Payment.id).where(
        Payment.invoice_id == invoice_id, Payment.status.in_(_UNDER_WAY)
    )
    return Locked(
        invoice,
        Standing(
            status=invoice.status,
            total=invoice.total_cents,
            tax=invoice.tax_cents,
            credited=invoice.credited_cents,
            noted=invoice.noted_cents,
            refunded=invoice.refunded_cents,
            charging=await session.scalar(undecided) is not None,
        ),
    )


async def retry(session: AsyncSession, invoice_id: UUID, act: Act) -> Invoice:
    """Have the card charged once more as soon as the charge step runs.

    It uses up no step of the schedule. Asking again before it ran changes nothing.

    Raises:
        NotFound: no such invoice.
        Conflict: it is not declined, a charge is under way, or its contract is held.
    """
    it = await lock(session, invoice_id)
    contract = await session.get_one(Contract, it.invoice.contract_id)
    if it.amounts.charging:
        raise Conflict("A charge of this invoice is under way. Its outcome will show here.")
    if it.invoice.status == "issued":
        raise Conflict("This invoice was never declined: it is charged within minutes anyway.")
    if it.invoice.status != "declined":
        raise Conflict("Nothing is owed on this invoice.")
    if contract.held_since is not None:
        raise Conflict("The contract is held. Release it first.")
    dunning = await session.get_one(Dunning, invoice_id, with_for_update=True)
    if dunning.asked_at is None:
        dunning.asked_at = act.now
        await history.record(session, act, ActKind.RETRY, it.invoice, amount_cents=it.amounts.due)
    return it.invoice


async def credit_note(
    session: AsyncSession,
    invoice_id: UUID,
    act: Act,
    *,
    amount_cents: int | None,
    applies_to: AppliesTo | None,
) -> CreditNote:
    """Take revenue and tax of an invoice back; raises NotFound, or Conflict with the reason."""
    it = await lock(session, invoice_id)
    if it.invoice.review == "outlier":
        raise Conflict("This invoice is an outlier and was not billed: release or void it.")
    try:
        amount, place = rules.credit(it.amounts, amount_cents, applies_to)
    except NotPossible as reason:
        raise Conflict(str(reason)) from reason
    note = await note_down(session, it, amount, place, act)
    await announce(session, [it.invoice.id], act.now, adjusted=True)
    return note


async def note_down(
    session: AsyncSession, it: Locked, amount: int, applies_to: Place, act: Act
) -> CreditNote:
    """Post a credit note that the rules allow, and what follows from it; tells nobody yet of the
    invoice.
    """
    invoice, tax = it.invoice, rules.tax_share(it.amounts, amount)
    note = CreditNote(
        number=await take_numbers(session, CREDIT_NOTES, 1),
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        amount_cents=amount,
        tax_cents=tax,
        currency=invoice.currency,
        applies_to=applies_to,
        created_at=act.now,
    )
    session.add(note)
    await session.flush()
    against = "receivable" if applies_to == "invoice" else "credit"
    # What is refunded is reserved at once: it never becomes credit that an invoice could use.
    sides = {"revenue": amount - tax, "tax": tax, against: -amount}
    await post(session, invoice, "credit_note", note.id, sides, act.now)
    invoice.noted_cents += amount
    invoice.version += 1
    if applies_to == "invoice":
        invoice.credited_cents += amount
        if amount == it.amounts.due:
            await _settle(session, invoice, "credited", act.now)
    elif applies_to == "next_invoice":
        await change_credit(session, invoice, amount, act.now)
    await session.flush()
    await history.record(
        session, act, ActKind.CREDIT_NOTE, invoice, subject_id=note.id, amount_cents=amount
    )
    return note


async def refund(
    session: AsyncSession,
    invoice_id: UUID,
    act: Act,
    *,
    amount_cents: int | None,
    source: Source,
) -> Refund:
    """Intend to give money back to the card it came from; the charge step does it.

    From the `invoice`, a credit note over the same amount goes with it; from `credit`, what the
    customer has is paid out. Either way the credit is reserved until the provider has answered.
    Raises NotFound, or Conflict with the reason.
    """
    it = await lock(session, invoice_id)
    invoice = it.invoice
    try:
        credit = await credit_of(session, invoice.customer_id) if source == "credit" else 0
        amount = rules.refund(it.amounts, amount_cents, source, credit)
    except NotPossible as reason:
        raise Conflict(str(reason)) from reason
    payment_id = await _paid_by(session, invoice_id)
    if source == "invoice":
        await note_down(session, it, amount, "refund", act)
    else:
        await change_credit(session, invoice, -amount, act.now)
    refund_id = uuid4()
    made = Refund(
        id=refund_id,
        payment_id=payment_id,
        invoice_id=invoice_id,
        customer_id=invoice.customer_id,
        amount_cents=amount,
        currency=invoice.currency,
        idempotency_key=f"refund-{refund_id}",
        status="intent",
        created_at=act.now,
    )
    session.add(made)
    invoice.refunded_cents += amount
    invoice.version += 1
    await session.flush()
    await history.record(
        session, act, ActKind.REFUND, invoice, subject_id=refund_id, amount_cents=amount
    )
    await announce(session, [invoice_id], act.now, adjusted=True)
    return made


async def _paid_by(session: AsyncSession, invoice_id: UUID) -> UUID:
    """The payment of a paid invoice; the database allows one. Conflict while it is disputed."""
    query = select(Payment.id).where(Payment.invoice_id == invoice_id, Payment.status == "approved")
    payment_id = (await session.scalars(query)).one()
    disputed = select(Chargeback.id).where(
        Chargeback.payment_id == payment_id, Chargeback.status != "won"
    )
    if await session.scalar(disputed.limit(1)) is not None:
        raise Conflict("The customer's bank has taken this payment back: it is disputed.")
    return payment_id


async def write_off(session: AsyncSession, invoice_id: UUID, act: Act) -> Invoice:
    """Give up all that is owed; raises NotFound, or Conflict with the reason."""
    it = await lock(session, invoice_id)
    try:
        amount = rules.write_off(it.amounts)
    except NotPossible as reason:
        raise Conflict(str(reason)) from reason
    invoice = it.invoice
    sides = {"write_off": amount, "receivable": -amount}
    await post(session, invoice, "write_off", invoice.id, sides, act.now)
    invoice.version += 1
    await _settle(session, invoice, "written_off", act.now)
    await history.record(session, act, ActKind.WRITE_OFF, invoice, amount_cents=amount)
    await announce(session, [invoice_id], act.now, adjusted=True)
    return invoice


_OVER = text("""
UPDATE dunning SET status = 'recovered', next_at = NULL, asked_at = NULL, updated_at = :now
WHERE invoice_id = :invoice_id
""")


async def _settle(session: AsyncSession, invoice: Invoice, status: str, now: datetime) -> None:
    """Nothing is owed any more: no reminder, no alert, and the contract is in good standing."""
    invoice.status, invoice.reason = status, None
    await session.flush()
    asked: dict[str, Any] = {"invoice_id": invoice.id, "now": now}
    await session.execute(_OVER, asked)
    await close_alert(session, DECLINED, invoice.id, now)
    await standing.restore(session, [invoice.contract_id], now)
