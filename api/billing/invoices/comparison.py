"""A run beside last month's: what is new, gone, or changed, and by how much."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices.tables import BillingRun


class Kind(StrEnum):
    """How a contract's bill differs from last month's."""

    NEW = "new"
    GONE = "gone"
    CHANGED = "changed"


SAME = "same"

_BOTH = """
WITH this AS (
    SELECT id, contract_id, customer_id, total_cents, subtotal_cents FROM invoice
    WHERE run_id = :this_id AND status NOT IN ('parked', 'void')
), last AS (
    SELECT id, contract_id, customer_id, total_cents, subtotal_cents FROM invoice
    WHERE run_id = :last_id AND status NOT IN ('parked', 'void')
), compared AS (
    SELECT contract_id, coalesce(this.customer_id, last.customer_id) AS customer_id,
           this.id AS this_id, last.id AS last_id,
           this.total_cents AS this_cents, last.total_cents AS last_cents,
           this.subtotal_cents AS this_subtotal, last.subtotal_cents AS last_subtotal,
           CASE WHEN last.id IS NULL THEN 'new' WHEN this.id IS NULL THEN 'gone'
                WHEN this.total_cents <> last.total_cents THEN 'changed' ELSE 'same' END AS kind
    FROM this FULL JOIN last USING (contract_id)
)
"""
_SUMMARY = text(f"""
{_BOTH}
SELECT kind, count(*) AS contracts,
       sum(coalesce(this_cents, 0) - coalesce(last_cents, 0))::bigint AS cents
FROM compared GROUP BY kind
""")  # noqa: S608 - constants

# What is known of the contract and both bills, in the order of what explains most.
_WHY = """
CASE
    WHEN c.kind = 'new' AND k.starts_on >= :first THEN 'The contract began in this month.'
    WHEN c.kind = 'new' AND EXISTS (
        SELECT FROM invoice_line WHERE invoice_id = c.this_id AND position = 1
            AND one_off_id IS NOT NULL
    ) THEN 'Nothing but one-off charges or credits is billed.'
    WHEN c.kind = 'new' AND p.interval = 'year' THEN 'A yearly term began in this month.'
    WHEN c.kind = 'new' THEN 'It had no bill last month.'
    WHEN c.kind = 'gone' AND EXISTS (
        SELECT FROM invoice i
        WHERE i.contract_id = c.contract_id AND i.run_id = :this_id AND i.status = 'parked'
    ) THEN 'This month''s invoice is parked.'
    WHEN c.kind = 'gone' AND k.ends_on < :first THEN 'The contract ended before this month.'
    WHEN c.kind = 'gone' AND k.held_since IS NOT NULL THEN 'The contract is held.'
    WHEN c.kind = 'gone' AND k.standing <> 'good' THEN 'The contract is suspended.'
    WHEN c.kind = 'gone' AND p.interval = 'year' THEN 'No yearly term begins in this month.'
    WHEN c.kind = 'gone' THEN 'It has no bill in this month.'
    WHEN EXISTS (
        SELECT FROM invoice_line
        WHERE invoice_id IN (c.this_id, c.last_id) AND one_off_id IS NOT NULL
    ) THEN 'One-off charges or credits are on one of them.'
    WHEN k.ends_on <= :last THEN 'The contract ended in this month.'
    WHEN k.starts_on > :previous_first THEN 'It began last month; this one is whole.'
    WHEN this_subtotal = last_subtotal THEN 'The tax is another.'
    ELSE 'The amount of the plan is another.'
END
"""

# Largest first; the place of `after` in that order is looked up, so that an id names it.
_CHANGES = text(f"""
{_BOTH}, sized AS (
    SELECT *, abs(coalesce(this_cents, 0) - coalesce(last_cents, 0)) AS size FROM compared
    WHERE kind = :kind AND (CAST(:customer_id AS uuid) IS NULL OR customer_id = :customer_id)
)
SELECT c.contract_id, c.customer_id, c.this_cents, c.last_cents,
       (SELECT description FROM invoice_line WHERE invoice_id = c.this_id AND position = 1)
           AS this_line,
       (SELECT description FROM invoice_line WHERE invoice_id = c.last_id AND position = 1)
           AS last_line,
       {_WHY} AS why
FROM sized c JOIN contract k ON k.id = c.contract_id LEFT JOIN plan p ON p.code = k.plan_code
WHERE (-c.size, c.contract_id) > (
    coalesce((SELECT -size FROM sized WHERE contract_id = :after), CAST(:smallest AS bigint)),
    :after
)
ORDER BY c.size DESC, c.contract_id LIMIT :limit
""")  # noqa: S608 - constants
_BEFORE_ALL = -(2**62)


async def last_run(session: AsyncSession, run: BillingRun) -> BillingRun | None:
    """The run of the month before, if there is one."""
    before = Period(run.period).previous.first
    found: BillingRun | None = await session.scalar(
        select(BillingRun).where(BillingRun.period == before)
    )
    return found


async def summary(
    session: AsyncSession, run: BillingRun, last: BillingRun | None
) -> dict[str, tuple[int, int]]:
    """Contracts, and the cents they add to last month's total, by kind of change."""
    asked = {"this_id": run.id, "last_id": last.id if last else None}
    rows = (await session.execute(_SUMMARY, asked)).all()
    found = {row.kind: (row.contracts, row.cents) for row in rows}
    return {str(kind): found.get(kind, (0, 0)) for kind in (*Kind, SAME)}


async def changes(
    session: AsyncSession,
    run: BillingRun,
    last: BillingRun | None,
    *,
    kind: Kind,
    customer_id: UUID | None,
    after: UUID,
    size: int,
) -> Sequence[Row[Any]]:
    """Contracts of one kind of change, the largest first, after the one with an id."""
    period = Period(run.period)
    asked = {
        "this_id": run.id,
        "last_id": last.id if last else None,
        "kind": kind.value,
        "customer_id": customer_id,
        "after": after,
        "limit": size,
        "smallest": _BEFORE_ALL,
        "first": period.first,
        "last": period.last,
        "previous_first": period.previous.first,
    }
    return (await session.execute(_CHANGES, asked)).all()
