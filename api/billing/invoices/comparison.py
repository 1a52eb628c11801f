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
    SELECT id, contract_id, customer_id, total_cents FROM invoice
    WHERE run_id = :this_id AND status NOT IN ('parked', 'void')
), last AS (
    SELECT id, contract_id, customer_id, total_cents FROM invoice
    WHERE run_id = :last_id AND status NOT IN ('parked', 'void')
), compared AS (
    SELECT contract_id, coalesce(this.customer_id, last.customer_id) AS customer_id,
           this.id AS this_id, last.id AS last_id,
           this.total_cents AS this_cents, last.total_cents AS last_cents,
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

_CHANGES = text(f"""
{_BOTH}
SELECT c.contract_id, c.customer_id, c.this_cents, c.last_cents,
       (SELECT description FROM invoice_line WHERE invoice_id = c.this_id AND position = 1)
           AS this_line,
       (SELECT description FROM invoice_line WHERE invoice_id = c.last_id AND position = 1)
           AS last_line
FROM compared c WHERE c.kind = :kind AND c.contract_id > :after
ORDER BY c.contract_id LIMIT :size
""")  # noqa: S608 - constants


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
    after: UUID,
    size: int,
) -> Sequence[Row[Any]]:
    """Contracts of one kind of change, after an id, in the order of ids."""
    asked = {"this_id": run.id, "last_id": last.id if last else None}
    return (
        await session.execute(_CHANGES, asked | {"kind": kind.value, "after": after, "size": size})
    ).all()
