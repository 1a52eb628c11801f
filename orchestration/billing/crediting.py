"""A new invoice uses up the credit that its customer has: less is charged, or nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.ledger import credit_now
from api.kernel.outbox import send

# Several invoices of one customer use the credit in the order of their numbers.
_USE = text("""
WITH owed AS MATERIALIZED (
    SELECT i.id, i.customer_id, i.currency, i.total_cents,
           sum(i.total_cents) OVER (PARTITION BY i.customer_id ORDER BY i.number)
               - i.total_cents AS before
    FROM invoice i WHERE i.id = ANY(:ids) AND i.status = 'issued'
), balance AS MATERIALIZED (
    SELECT customer_id, currency, cents FROM credit_balance
    WHERE cents > 0 AND customer_id IN (SELECT customer_id FROM owed)
    ORDER BY customer_id FOR UPDATE
), used AS MATERIALIZED (
    SELECT uuidv7() AS posting_id, o.id, o.customer_id, o.currency, o.total_cents,
           least(o.total_cents, b.cents - o.before)::bigint AS amount
    FROM owed o JOIN balance b USING (customer_id, currency) WHERE b.cents > o.before
), lowered AS (
    UPDATE invoice i SET credited_cents = used.amount,
        status = CASE WHEN used.amount = i.total_cents THEN 'paid' ELSE i.status END,
        paid_at = CASE WHEN used.amount = i.total_cents THEN CAST(:now AS timestamptz) END
    FROM used WHERE i.id = used.id
), posted AS (
    INSERT INTO ledger_entry (
        posting_id, posted_at, account, amount_cents, currency, cause, cause_id, customer_id,
        invoice_id
    )
    SELECT used.posting_id, :now, side.account, side.sign * used.amount, used.currency, 'credit',
           used.id, used.customer_id, used.id
    FROM used CROSS JOIN (VALUES ('credit', 1), ('receivable', -1)) AS side (account, sign)
)
UPDATE credit_balance b
SET cents = b.cents - taken.amount, version = b.version + 1, updated_at = :now
FROM (SELECT customer_id, sum(amount)::bigint AS amount FROM used GROUP BY 1) AS taken
WHERE b.customer_id = taken.customer_id
RETURNING b.customer_id, b.version, b.cents, b.currency
""")


async def use_credit(session: AsyncSession, invoice_ids: Sequence[UUID], now: datetime) -> None:
    """Lower what is owed on invoices just issued, in the caller's transaction (role biller)."""
    rows = (await session.execute(_USE, {"ids": list(invoice_ids), "now": now})).all()
    await send(session, *(credit_now(row, now) for row in rows))
