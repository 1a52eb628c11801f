"""Outliers: drafts over another amount than their plan implies are parked, not billed.

What a plan implies is worked out here from price and days, apart from rating: price by the days
in force. So a first bill of a few days or an annual renewal is none. One bad contract stops
neither the run nor is it billed; finance releases or voids it.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices.runs import recount, uncheck
from api.billing.invoices.tables import BillingRun

ALERT = "invoice_outlier"
"""About an invoice, as long as it is parked."""

# Rating cuts by cumulative rounding, which is within a cent of the plain share.
_PARK = text("""
WITH term AS (
    SELECT i.id, i.subtotal_cents, c.plan_code, p.price_cents, c.starts_on, c.ends_on,
           CASE WHEN p.interval = 'month' THEN CAST(:first AS date) ELSE (c.starts_on
               + make_interval(years => CAST(:year - extract(year FROM c.starts_on) AS int))
           )::date END AS first,
           CASE WHEN p.interval = 'month' THEN CAST(:last AS date) ELSE (c.starts_on
               + make_interval(years => CAST(:year + 1 - extract(year FROM c.starts_on) AS int))
           )::date - 1 END AS last
    FROM invoice i JOIN contract c ON c.id = i.contract_id JOIN plan p ON p.code = c.plan_code
    WHERE i.run_id = :run_id AND i.status = 'draft' AND i.review IS NULL
), implied AS (
    SELECT id, round(coalesce(
        (SELECT f.price_cents FROM former_price f
         WHERE f.plan_code = term.plan_code AND f.until > greatest(starts_on, first)
         ORDER BY f.until LIMIT 1),
        price_cents
    )::numeric * greatest(
        CASE WHEN ends_on <= CAST(:last AS date) THEN ends_on ELSE last END
            - greatest(starts_on, first) + 1, 0
    ) / (last - first + 1)) AS cents
    FROM term
)
UPDATE invoice i SET status = 'parked', review = 'outlier', version = i.version + 1,
    reason = format('The subtotal is %s cents where the plan implies %s.',
                    i.subtotal_cents, implied.cents)
FROM implied WHERE i.id = implied.id AND abs(i.subtotal_cents - implied.cents) > 1
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
    period = Period(run.period)
    asked = {
        "run_id": run.id,
        "first": period.first,
        "last": period.last,
        "year": period.first.year,
    }
    if (await session.execute(_PARK, asked)).first() is not None:
        uncheck(run)
    await recount(session, run)
    await session.execute(_GONE, {"kind": ALERT, "now": now})
