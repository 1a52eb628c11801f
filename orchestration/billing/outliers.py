"""Outliers: drafts over another amount than their plan implies are parked, not billed.

What a plan implies is worked out here from price and days, apart from rating: price by the days
in force. So a first bill of a few days or an annual renewal is none. One bad contract stops
neither the run nor is it billed; finance releases or voids it.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.invoices.runs import recount, uncheck
from api.billing.invoices.tables import BillingRun
from orchestration.billing.cases import parameters

ALERT = "invoice_outlier"
"""About an invoice, as long as it is parked."""

# Rating cuts by cumulative rounding, which is within a cent of the plain share. One-offs were
# entered by finance, and are left out. `renewal` is the year's anniversary; a term that a
# cancellation ends began on the one before it.
_PARK = text("""
WITH billed AS (
    SELECT i.id, i.subtotal_cents - coalesce(extra.cents, 0) AS cents, c.plan_code, p.price_cents,
           p.interval, c.starts_on, c.ends_on,
           CASE WHEN c.ends_on BETWEEN :first AND :last THEN c.ends_on END AS ended,
           CAST(:year AS int) - CAST(extract(year FROM c.starts_on) AS int) AS years
    FROM invoice i JOIN contract c ON c.id = i.contract_id JOIN plan p ON p.code = c.plan_code
    LEFT JOIN (
        SELECT invoice_id, sum(amount_cents) AS cents FROM invoice_line
        WHERE one_off_id IS NOT NULL GROUP BY 1
    ) extra ON extra.invoice_id = i.id
    WHERE i.run_id = :run_id AND i.status = 'draft' AND i.review IS NULL
), dated AS (
    SELECT *, (starts_on + make_interval(years => years))::date AS renewal FROM billed
), term AS (
    SELECT *, renewal BETWEEN :first AND :last AND renewal >= starts_on
               AND coalesce(ends_on >= renewal, true) AS renews,
           CASE WHEN ended < renewal
               THEN (starts_on + make_interval(years => years - 1))::date ELSE renewal END AS began,
           CASE WHEN ended < renewal
               THEN renewal ELSE (starts_on + make_interval(years => years + 1))::date END AS next
    FROM dated
), implied AS (
    SELECT id, cents, round(coalesce(
        (SELECT f.price_cents FROM former_price f
         WHERE f.plan_code = term.plan_code AND f.until > CASE
             WHEN interval = 'month' THEN greatest(starts_on, :first) ELSE began END
         ORDER BY f.until LIMIT 1),
        price_cents
    )::numeric * CASE
        WHEN interval = 'month' THEN greatest(
            least(coalesce(ends_on, :last), :last) - greatest(starts_on, :first) + 1, 0
        )::numeric / (CAST(:last AS date) - CAST(:first AS date) + 1)
        WHEN renews THEN greatest(coalesce(ended, next - 1) - renewal + 1, 0)::numeric
            / (next - renewal)
        WHEN ended >= starts_on THEN -(next - 1 - ended)::numeric / (next - began)
        ELSE 0 END
    ) AS implied
    FROM term
)
UPDATE invoice i SET status = 'parked', review = 'outlier', version = i.version + 1,
    reason = format('The subtotal of the plan is %s %s where the plan implies %s.',
                    to_char(implied.cents / 100.0, 'FM999,999,999,990.00'), i.currency,
                    to_char(implied.implied / 100.0, 'FM999,999,999,990.00'))
FROM implied WHERE i.id = implied.id AND abs(implied.cents - implied.implied) > 1
RETURNING i.id
""")

PARKED = text("""
SELECT i.id, i.customer_id, i.total_cents, i.reason FROM invoice i
WHERE i.run_id = :run_id AND i.status = 'parked' AND i.review = 'outlier' ORDER BY i.id
""")

# Drafted again, it was another invoice, or none.
_GONE = text("""
UPDATE alert SET status = 'closed', closed_at = :now
WHERE kind = :kind AND status = 'open' AND NOT EXISTS (
    SELECT FROM invoice i WHERE i.id = alert.subject_id AND i.status = 'parked'
)
""")


async def park(session: AsyncSession, run: BillingRun, now: datetime) -> None:
    """Park the outliers of a run that waits for approval; the caller holds its lock."""
    if await mark(session, run):
        uncheck(run)
    await recount(session, run)
    await session.execute(_GONE, {"kind": ALERT, "now": now})


async def mark(session: AsyncSession, run: BillingRun) -> bool:
    """Park those of a run's drafts that nobody has approved; whether there were any."""
    return (await session.execute(_PARK, parameters(run))).first() is not None
