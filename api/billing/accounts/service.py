"""Reading a customer's account: sums of the ledger, and the newest of everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.tables import CreditNote, Refund
from api.billing.contracts.tables import Contract
from api.billing.invoices.tables import Invoice
from api.billing.payments.tables import Payment

NEWEST: Final = 50
DOLLARS: Final = "USD"

# By the customer's invoices, which an index finds.
_SUMS = text("""
SELECT coalesce(sum(e.amount_cents) FILTER (WHERE e.account = 'receivable'), 0)::bigint AS owed,
       coalesce(-sum(e.amount_cents) FILTER (WHERE e.account = 'credit'), 0)::bigint AS credit,
       (SELECT coalesce(sum(r.amount_cents), 0)::bigint FROM refund r
        WHERE r.customer_id = :customer_id AND r.status IN ('intent', 'unknown')) AS reserved
FROM invoice i JOIN ledger_entry e ON e.invoice_id = i.id
WHERE i.customer_id = :customer_id
""")


@dataclass(frozen=True, slots=True)
class Sums:
    """Cents: what is owed, the credit there is, and how much of that is on its way back."""

    owed: int
    credit: int
    reserved: int


@dataclass(frozen=True, slots=True)
class Account:
    sums: Sums
    currency: str
    contracts: Sequence[Contract]
    invoices: Sequence[Invoice]
    payments: Sequence[Payment]
    credit_notes: Sequence[CreditNote]
    refunds: Sequence[Refund]


async def sums(session: AsyncSession, customer_id: UUID) -> Sums:
    """A customer's balance, from the ledger."""
    row = (await session.execute(_SUMS, {"customer_id": customer_id})).one()
    return Sums(row.owed, row.credit, row.reserved)


async def account(session: AsyncSession, customer_id: UUID) -> Account | None:
    """All of a customer; None when billing has no contract of theirs."""
    mine = Contract.customer_id == customer_id
    contracts = (
        await session.scalars(select(Contract).where(mine).order_by(Contract.starts_on.desc()))
    ).all()
    if not contracts:
        return None
    own = select(Invoice.id).where(Invoice.customer_id == customer_id)
    invoices = await session.scalars(
        select(Invoice)
        .where(Invoice.customer_id == customer_id)
        .order_by(Invoice.period_start.desc(), Invoice.id.desc())
        .limit(NEWEST)
    )
    payments = await session.scalars(
        select(Payment)
        .where(Payment.invoice_id.in_(own))
        .order_by(Payment.created_at.desc(), Payment.id.desc())
        .limit(NEWEST)
    )
    notes = await session.scalars(
        select(CreditNote)
        .where(CreditNote.invoice_id.in_(own))
        .order_by(CreditNote.created_at.desc(), CreditNote.id.desc())
        .limit(NEWEST)
    )
    refunds = await session.scalars(
        select(Refund)
        .where(Refund.customer_id == customer_id)
        .order_by(Refund.created_at.desc(), Refund.id.desc())
        .limit(NEWEST)
    )
    listed = invoices.all()
    return Account(
        sums=await sums(session, customer_id),
        currency=listed[0].currency if listed else DOLLARS,
        contracts=contracts,
        invoices=listed,
        payments=payments.all(),
        credit_notes=notes.all(),
        refunds=refunds.all(),
    )
