"""Credit of customers: a new invoice carries some forward, or uses it up, so that less is charged
or nothing; what nobody will use up is alerted.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.adjustments.ledger import CREDIT_DUE, credit_now
from api.billing.calendar import Period
from api.billing.payments.alerts import Cause, open_alerts
from api.kernel.outbox import send

# Another currency than that of the credit there is has no sum, which the database refuses.
_CARRY = text("""
INSERT INTO credit_balance AS b (customer_id, currency, cents, version, updated_at)
SELECT customer_id, currency, sum(carried_cents)::bigint, 1, :now FROM invoice
WHERE id = ANY(:ids) AND carried_cents > 0 GROUP BY 1, 2 ORDER BY 1
ON CONFLICT (customer_id) DO UPDATE
SET cents = CASE WHEN b.currency = excluded.currency THEN b.cents + excluded.cents END,
    version = b.version + 1, updated_at = :now
RETURNING customer_id, currency, cents, version
""")

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


# A contract is billed up to its end: with that month the last invoice has used what it could. Who
# has something to be billed yet may use it still.
_LEFT = text("""
SELECT last.id, b.customer_id, b.cents FROM credit_balance b
CROSS JOIN LATERAL (
    SELECT c.id, c.ends_on FROM contract c WHERE c.customer_id = b.customer_id
    ORDER BY c.ends_on DESC NULLS FIRST, c.id LIMIT 1
) last
WHERE b.cents > 0 AND last.ends_on <= :last AND NOT EXISTS (
    SELECT FROM invoice i WHERE i.customer_id = b.customer_id AND i.status IN ('draft', 'parked')
) AND NOT EXISTS (
    SELECT FROM one_off o WHERE o.customer_id = b.customer_id AND o.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM invoice_line l WHERE l.one_off_id = o.id)
)
ORDER BY b.customer_id
""")

_USED = text("""
UPDATE alert SET status = 'closed', closed_at = :now
WHERE kind = :kind AND status = 'open' AND NOT EXISTS (
    SELECT FROM credit_balance b WHERE b.customer_id = alert.customer_id AND b.cents > 0
)
""")


async def carry_forward(session: AsyncSession, invoice_ids: Sequence[UUID], now: datetime) -> None:
    """Give customers the credit that their new invoices carry forward, in the caller's
    transaction (role biller).
    """
    rows = (await session.execute(_CARRY, {"ids": list(invoice_ids), "now": now})).all()
    await send(session, *(credit_now(row, now) for row in rows))


async def alert_left(session: AsyncSession, period: Period, now: datetime) -> None:
    """When a month is issued: credit of customers whose last contract has ended is for finance to
    pay out; alerts of credit that is gone are closed.
    """
    rows = (await session.execute(_LEFT, {"last": period.last})).all()
    words = "The customer's last contract has ended and {} cents of credit are left: pay them out."
    causes = [Cause(row.id, words.format(row.cents), row.customer_id) for row in rows]
    await open_alerts(session, CREDIT_DUE, causes, now)
    await session.execute(_USED, {"kind": CREDIT_DUE, "now": now})


async def use_credit(session: AsyncSession, invoice_ids: Sequence[UUID], now: datetime) -> None:
    """Lower what is owed on invoices just issued, in the caller's transaction (role biller)."""
    rows = (await session.execute(_USE, {"ids": list(invoice_ids), "now": now})).all()
    await send(session, *(credit_now(row, now) for row in rows))
