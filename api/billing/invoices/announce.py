"""Telling the customer quantum the state of invoices."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.invoices.numbers import CREDIT_NOTES, number_text
from api.kernel.outbox import send
from api.messages import InvoiceIssued, Settlement

_STATES = text("""
SELECT i.id, i.customer_id, i.contract_id, i.number, i.version, i.status,
       i.period_start, i.period_end, i.total_cents, i.currency, i.reason,
       CASE WHEN i.status IN ('issued', 'declined') THEN i.total_cents - i.credited_cents ELSE 0 END
           AS due_cents,
       CASE WHEN i.status = 'declined' AND c.held_since IS NULL THEN d.next_at END AS next_try_at,
       array_agg(l.description ORDER BY l.position) AS descriptions,
       array_agg(l.amount_cents ORDER BY l.position) AS amounts
FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
JOIN contract c ON c.id = i.contract_id
LEFT JOIN dunning d ON d.invoice_id = i.id AND d.status = 'running'
WHERE i.id = ANY(:ids)
GROUP BY i.id, c.id, d.invoice_id
ORDER BY i.number
""")

# What was done about the invoices, oldest first, and within an instant a cause before its effect:
# ids do not tell, for some are random. A payment under way says nothing yet.
_SETTLEMENTS = text("""
SELECT * FROM (
    SELECT invoice_id, id, 'payment' AS kind,
           CASE status WHEN 'approved' THEN 'done' ELSE 'declined' END AS status,
           decided_at AS at, amount_cents, NULL::bigint AS number, NULL AS applies_to, card_id
    FROM payment WHERE invoice_id = ANY(:ids) AND status IN ('approved', 'declined')
    UNION ALL
    SELECT cause_id, posting_id, cause, 'done', posted_at, -amount_cents, NULL, NULL, NULL
    FROM ledger_entry
    WHERE invoice_id = ANY(:ids) AND cause IN ('credit', 'write_off') AND account = 'receivable'
    UNION ALL
    SELECT invoice_id, id, 'credit_note', 'done', created_at, amount_cents, number, applies_to, NULL
    FROM credit_note WHERE invoice_id = ANY(:ids)
    UNION ALL
    SELECT r.invoice_id, r.id, 'refund',
           CASE r.status
               WHEN 'refunded' THEN 'done' WHEN 'refused' THEN 'refused' ELSE 'under_way' END,
           coalesce(r.decided_at, r.created_at), r.amount_cents, NULL, NULL, p.card_id
    FROM refund r JOIN payment p ON p.id = r.payment_id WHERE r.invoice_id = ANY(:ids)
) AS done
ORDER BY at, array_position(
    ARRAY['credit', 'payment', 'credit_note', 'refund', 'write_off'], kind
), id
""")


async def announce(
    session: AsyncSession, invoice_ids: Sequence[UUID], at: datetime, *, adjusted: bool = False
) -> None:
    """Send the present state of numbered invoices, in the caller's transaction.

    `adjusted`: finance or the provider did something about an invoice whose status was told before.
    """
    if not invoice_ids:
        return
    asked = {"ids": list(invoice_ids)}
    rows = (await session.execute(_STATES, asked)).all()
    done: dict[UUID, list[Settlement]] = defaultdict(list)
    for row in await session.execute(_SETTLEMENTS, asked):
        done[row.invoice_id].append(_settlement(row))
    told = [_message(row, done[row.id], at) for row in rows]
    await send(session, *(replace(it, adjusted=adjusted) for it in told))


def _settlement(row: Row[Any]) -> Settlement:
    return Settlement(
        id=row.id,
        kind=row.kind,
        status=row.status,
        at=row.at,
        amount_cents=row.amount_cents,
        number=None if row.number is None else number_text(row.number, CREDIT_NOTES),
        applies_to=row.applies_to,
        card_id=row.card_id,
    )


def _message(row: Row[Any], settlements: list[Settlement], at: datetime) -> InvoiceIssued:
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
        due_cents=row.due_cents,
        settlements=tuple(settlements),
        next_try_at=row.next_try_at,
    )
