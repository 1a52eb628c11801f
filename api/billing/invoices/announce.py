"""Telling the customer quantum the state of invoices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.invoices.numbers import number_text
from api.kernel.outbox import send
from api.messages import InvoiceIssued

_STATES = text("""
SELECT i.id, i.customer_id, i.contract_id, i.number, i.version, i.status,
       i.period_start, i.period_end, i.total_cents, i.currency, i.reason,
       array_agg(l.description ORDER BY l.position) AS descriptions,
       array_agg(l.amount_cents ORDER BY l.position) AS amounts
FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
WHERE i.id = ANY(:ids)
GROUP BY i.id
ORDER BY i.number
""")


async def announce(session: AsyncSession, invoice_ids: Sequence[UUID], at: datetime) -> None:
    """Send the present state of numbered invoices, in the caller's transaction."""
    if not invoice_ids:
        return
    rows = (await session.execute(_STATES, {"ids": list(invoice_ids)})).all()
    await send(session, *(_message(row, at) for row in rows))


def _message(row: Row[Any], at: datetime) -> InvoiceIssued:
    return InvoiceIssued(
        invoice_id=row.id,
        customer_id=row.customer_id,
        contract_id=row.contract_id,
        number=number_text(row.number),
        version=row.version,
        status=row.status,
        period_start=row.period_start,
        period_end=row.period_end,
        total_cents=row.total_cents,
        currency=row.currency,
        lines=list(zip(row.descriptions, row.amounts, strict=True)),
        at=at,
        reason=row.reason,
    )
