"""Double entry: what an act of finance posts, and the credit that a customer has."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.tables import CreditBalance
from api.billing.invoices.tables import Invoice, LedgerEntry
from api.kernel.errors import Conflict
from api.kernel.outbox import send
from api.messages import CreditChanged


async def post(
    session: AsyncSession,
    invoice: Invoice,
    cause: str,
    cause_id: UUID,
    sides: Mapping[str, int],
    now: datetime,
) -> None:
    """Write one posting: cents by account, debits positive; sides of nothing are left out.

    Raises ValueError when the sides do not sum to zero.
    """
    if sum(sides.values()):
        raise ValueError(f"The posting of {cause} {cause_id} does not balance: {sides}.")
    posting_id = uuid4()
    session.add_all(
        LedgerEntry(
            posting_id=posting_id,
            posted_at=now,
            account=account,
            amount_cents=cents,
            currency=invoice.currency,
            cause=cause,
            cause_id=cause_id,
            customer_id=invoice.customer_id,
            invoice_id=invoice.id,
        )
        for account, cents in sides.items()
        if cents
    )
    await session.flush()


_GIVE = text("""
INSERT INTO credit_balance AS b (customer_id, currency, cents, version, updated_at)
VALUES (:customer_id, :currency, :cents, 1, :now)
ON CONFLICT (customer_id) DO UPDATE
SET cents = b.cents + excluded.cents, version = b.version + 1, updated_at = :now
WHERE b.currency = excluded.currency
RETURNING customer_id, currency, cents, version
""")

_TAKE = text("""
UPDATE credit_balance SET cents = cents - :cents, version = version + 1, updated_at = :now
WHERE customer_id = :customer_id AND currency = :currency AND cents >= :cents
RETURNING customer_id, currency, cents, version
""")

CREDIT_DUE = "credit_due"
"""About a contract that has ended, the last of a customer who has credit."""

_USED_UP = text("""
UPDATE alert SET status = 'closed', closed_at = :now
WHERE kind = :kind AND status = 'open' AND customer_id = :customer_id
""")

_LOOK = text("SELECT cents FROM credit_balance WHERE customer_id = :customer_id FOR UPDATE")


async def credit_of(session: AsyncSession, customer_id: UUID) -> int:
    """The credit in cents that the customer can use, locked until the transaction ends."""
    return int(await session.scalar(_LOOK, {"customer_id": customer_id}) or 0)


async def change_credit(session: AsyncSession, invoice: Invoice, cents: int, now: datetime) -> None:
    """Give the customer credit (take it, when negative) and tell the customer quantum.

    Raises Conflict when there is less, or credit in another currency.
    """
    asked = {
        "customer_id": invoice.customer_id,
        "currency": invoice.currency,
        "cents": abs(cents),
        "now": now,
    }
    row = (await session.execute(_GIVE if cents > 0 else _TAKE, asked)).one_or_none()
    if row is None:
        raise Conflict("The customer has less credit in this currency, or some in another one.")
    await send(session, credit_now(row, now))
    if row.cents == 0:
        asked = {"kind": CREDIT_DUE, "customer_id": row.customer_id, "now": now}
        await session.execute(_USED_UP, asked)


def credit_now(balance: CreditBalance | Row[Any], now: datetime) -> CreditChanged:
    """What the customer quantum is told of a balance as it is."""
    return CreditChanged(
        customer_id=balance.customer_id,
        version=balance.version,
        cents=balance.cents,
        currency=balance.currency,
        at=now,
    )
