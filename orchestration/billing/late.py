"""Customers who are billed again for a month whose run is issued.

What their contracts lack is drafted, checked and approved in one transaction, by the rules of a
run: what is outside them is parked as an outlier, for a person to release. What is approved is
issued like released outliers, and the follow-up charges it. A contract that has its invoice gets
no other, by the same unique index.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices import rules, runs
from api.billing.invoices.limits import limit_cents
from api.billing.invoices.tables import BillingRun
from api.billing.payments.alerts import Cause, open_alerts
from api.billing.reruns.tables import Rerun
from orchestration.billing import check_sql, one_offs, outliers
from orchestration.billing.cases import OF_CUSTOMERS, parameters, rated_cases
from orchestration.billing.drafting import add_missing, remove_stale

# Only what waits for a person may change; who asks for it again gets what was voided, parked.
_REMOVE_STALE = remove_stale(OF_CUSTOMERS, "'parked'")
_ADD_MISSING = add_missing(OF_CUSTOMERS, "")

_NEW = "i.run_id = :run_id AND i.status = 'draft' AND i.review IS NULL"
_DRAFTS = text(f"""
SELECT i.id, i.customer_id, i.total_cents FROM invoice i WHERE {_NEW}
""")  # noqa: S608 - constants
_CHECKS = [
    check(_NEW) for check in (check_sql.unequal_lines, check_sql.other_hash, check_sql.wrong_tax)
]
_PARK = text(f"""
UPDATE invoice i SET status = 'parked', review = 'outlier', reason = :reason,
    version = i.version + 1
WHERE {_NEW}
""")  # noqa: S608 - constants
_APPROVE = text(f"UPDATE invoice i SET review = 'late' WHERE {_NEW}")  # noqa: S608 - constants
_PARKED = text("""
SELECT i.id, i.customer_id, i.reason FROM invoice i
WHERE i.id = ANY(:ids) AND i.status = 'parked'
""")


class RowsWrong(Exception):
    """What was drafted late does not hold what a run must: nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Late:
    """Counts of invoices; `parked` are among `drafted`."""

    drafted: int = 0
    parked: int = 0
    removed: int = 0


async def draft_late(session: AsyncSession, period: Period, now: datetime) -> Late:
    """Draft what customers lack who are to be billed again, in the caller's transaction (role
    biller); nothing while the month's run is not issued.

    Raises:
        RowsWrong: a blocking check of a run fails on the new rows.
    """
    await one_offs.alone(session)
    run = await runs.find_run(session, period, lock=True)
    query = select(Rerun).where(Rerun.run_id == run.id, Rerun.done_at.is_(None))
    asked = (await session.scalars(query.order_by(Rerun.asked_at).with_for_update())).all()
    if run.status not in rules.ISSUED or not asked:
        return Late()
    customers = [it.customer_id for it in asked]
    removed, drafts = await _draft(session, run, customers, now)
    await _check(session, run)
    parked = await _park(session, run, drafts, now)
    await session.execute(_APPROVE, {"run_id": run.id})
    by_customer = Counter(drafts.values())
    for it in asked:
        it.done_at = now
        it.drafted, it.parked = by_customer[it.customer_id], parked[it.customer_id]
        detail = (
            f"Customer {it.customer_id} was billed again: {it.drafted} drafted, {it.parked} parked."
        )
        await runs.record(session, run, "rerun", actor=it.asked_by, detail=detail, now=now)
    return Late(len(drafts), parked.total(), removed)


async def _draft(
    session: AsyncSession, run: BillingRun, customers: Sequence[UUID], now: datetime
) -> tuple[int, dict[UUID, UUID]]:
    """How many parked ones are gone, and of the new ones the customers by their ids."""
    await one_offs.free(session, run.id)
    rated = await rated_cases(session, run, customers)
    asked: dict[str, Any] = parameters(run) | rated.cases | {"customers": customers}
    removed = (await session.execute(_REMOVE_STALE, asked)).scalar_one()
    await session.execute(_ADD_MISSING, asked | rated.lines | {"now": now})
    rows = await session.execute(_DRAFTS, {"run_id": run.id})
    return removed, {row.id: row.customer_id for row in rows}


async def _check(session: AsyncSession, run: BillingRun) -> None:
    asked = parameters(run)
    for query in _CHECKS:
        rows = await session.execute(query, asked)
        if wrong := rows.scalars().all():
            raise RowsWrong(f"{len(wrong)} late rows do not hold, among them {wrong[0]}.")


async def _park(
    session: AsyncSession, run: BillingRun, drafts: dict[UUID, UUID], now: datetime
) -> Counter[UUID]:
    """Outliers, and all when together they are over the limit: a person looks at each."""
    await outliers.mark(session, run)
    left = (await session.execute(_DRAFTS, {"run_id": run.id})).all()
    total = sum(row.total_cents for row in left)
    if over := rules.over_limit(total, await limit_cents(session)):
        await session.execute(_PARK, {"run_id": run.id, "reason": over})
    rows = (await session.execute(_PARKED, {"ids": list(drafts)})).all()
    causes = [Cause(row.id, f"{row.reason} It is parked.", row.customer_id) for row in rows]
    await open_alerts(session, outliers.ALERT, causes, now)
    return Counter(row.customer_id for row in rows)
