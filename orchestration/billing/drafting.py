"""Drafting: at most one invoice a contract and month, in two statements however many there are.

Drafting again computes the same rows and writes only what differs: nothing, when nothing has
changed. A run that was approved is not drafted again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, exists, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.hashes import row_hash_sql
from api.billing.invoices.runs import find_run, record, recount, uncheck
from api.billing.invoices.tables import BillingRun, Invoice
from orchestration.billing import one_offs
from orchestration.billing.cases import (
    BILLABLE,
    CASE_END,
    CASE_ONE_OFFS,
    CASE_START,
    ONE_OFFS,
    RatedCases,
    parameters,
    rated_cases,
)


def _wanted(of_customers: str) -> str:
    """What each contract should have: its case's bill, and the hash of the row it would be."""
    return f"""
WITH {ONE_OFFS}, rated AS (
    SELECT * FROM unnest(
        CAST(:plan_codes AS text[]), CAST(:states AS text[]), CAST(:starts AS date[]),
        CAST(:ends AS date[]), CAST(:one_off_keys AS text[]), CAST(:currencies AS text[]),
        CAST(:subtotals AS bigint[]), CAST(:taxes AS bigint[]), CAST(:carried AS bigint[]),
        CAST(:content_hashes AS bytea[])
    ) WITH ORDINALITY AS rated (
        plan_code, state, starts_on, ends_on, one_offs, currency, subtotal_cents, tax_cents,
        carried_cents, content_hash, case_number
    )
), wanted AS MATERIALIZED (
    SELECT uuidv7() AS id, c.id AS contract_id, c.customer_id, rated.currency,
           rated.subtotal_cents, rated.tax_cents, rated.carried_cents, rated.case_number,
           {row_hash_sql("c.id", "c.customer_id", "rated.content_hash")} AS row_hash
    FROM contract c JOIN plan p ON p.code = c.plan_code
    LEFT JOIN one_offs o ON o.contract_id = c.id
    JOIN rated ON rated.plan_code = c.plan_code AND rated.state = c.state
        AND rated.starts_on = {CASE_START} AND rated.ends_on = {CASE_END}
        AND rated.one_offs = {CASE_ONE_OFFS}
    WHERE {BILLABLE} {of_customers}
)
"""  # noqa: S608 - constants


def remove_stale(of_customers: str, statuses: str) -> TextClause:
    """A statement that removes what should not be there, of some statuses.

    A draft also goes when it has a one-off that was withdrawn: another one may look the same.
    """
    return text(f"""
{_wanted(of_customers)}, stale AS (
    SELECT i.id FROM invoice i
    LEFT JOIN wanted w ON w.contract_id = i.contract_id AND w.row_hash = i.row_hash
    WHERE i.run_id = :run_id AND i.status IN ({statuses})
        {of_customers.replace("c.", "i.")} AND (w.id IS NULL OR i.id IN (
        SELECT l.invoice_id FROM invoice_line l JOIN one_off o ON o.id = l.one_off_id
        WHERE l.one_off_id IS NOT NULL AND o.withdrawn_at IS NOT NULL
    ))
), lines AS (
    DELETE FROM invoice_line l USING stale WHERE l.invoice_id = stale.id
), gone AS (
    DELETE FROM invoice i USING stale WHERE i.id = stale.id RETURNING i.id
)
SELECT count(*) FROM gone
""")  # noqa: S608 - constants


_REMOVE_STALE = remove_stale("", "'draft', 'parked'")


def add_missing(of_customers: str, of_void: str) -> TextClause:
    """A statement that drafts what contracts lack; `of_void` says which void invoices count."""
    return text(f"""
{_wanted(of_customers)}, made AS (
    INSERT INTO invoice (
        id, run_id, contract_id, customer_id, period_start, period_end, status, currency,
        subtotal_cents, tax_cents, carried_cents, total_cents, row_hash, created_at
    )
    SELECT w.id, :run_id, w.contract_id, w.customer_id, :first, :last, 'draft', w.currency,
           w.subtotal_cents, w.tax_cents, w.carried_cents,
           w.subtotal_cents + w.tax_cents + w.carried_cents, w.row_hash, :now
    FROM wanted w
    WHERE NOT EXISTS (
        SELECT FROM invoice i
        WHERE i.run_id = :run_id AND i.contract_id = w.contract_id
            AND (i.status <> 'void' {of_void})
    )
    RETURNING id
), lines AS (
    INSERT INTO invoice_line (
        invoice_id, position, kind, description, amount_cents, one_off_id
    )
    SELECT made.id, line.position, line.kind, line.description, line.amount_cents, due.id
    FROM made JOIN wanted w ON w.id = made.id
    JOIN unnest(
        CAST(:line_cases AS bigint[]), CAST(:positions AS int[]), CAST(:kinds AS text[]),
        CAST(:descriptions AS text[]), CAST(:amounts AS bigint[]),
        CAST(:one_off_places AS bigint[])
    ) AS line (case_number, position, kind, description, amount_cents, one_off_place)
        ON line.case_number = w.case_number
    LEFT JOIN due ON due.contract_id = w.contract_id AND due.place = line.one_off_place
)
SELECT count(*) FROM made
""")  # noqa: S608 - constants


# What finance has voided as an outlier comes again only when it is another amount.
_ADD_MISSING = add_missing("", "OR (i.review = 'outlier' AND i.row_hash = w.row_hash)")


# The planner cannot know how many contracts share a case and takes them for one: with nested
# loops a hundred thousand contracts take hours, with hashes seconds.
_BY_HASHING = text(
    "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '64MB', true)"
)


class PeriodNotOver(Exception):
    """A month is billed when it is over in New York, not before."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """`written` and `removed` count invoices; `cases` is how many bills were computed."""

    status: str
    cases: int = 0
    written: int = 0
    removed: int = 0
    invoices: int = 0
    total_cents: int = 0


async def draft(session: AsyncSession, period: Period, now: datetime) -> Drafted:
    """Draft the invoices of a month, in the caller's transaction (role biller).

    Raises:
        PeriodNotOver: `now` is still in that month, or before it.
    """
    if not period.is_over(now):
        raise PeriodNotOver(f"{period} is not over in New York.")
    await one_offs.alone(session)
    await _open_run(session, period, now)
    run = await find_run(session, period, lock=True)
    status = rules.after("draft", run.status)
    if status is None:
        return Drafted(run.status, invoices=run.invoices, total_cents=run.total_cents)
    await one_offs.free(session, run.id)
    rated = await rated_cases(session, run)
    removed, written = await _write(session, run, rated, now)
    # A refused run is on its way again; a held one waits on, unless its rows have changed.
    if removed or written or run.status == "refused":
        await _note(session, run, status, now, f"{written} drafted, {removed} removed.")
    return Drafted(run.status, rated.count, written, removed, run.invoices, run.total_cents)


async def _open_run(session: AsyncSession, period: Period, now: datetime) -> None:
    await session.execute(
        insert(BillingRun)
        .values(period=period.first, status="drafted", created_at=now, updated_at=now)
        .on_conflict_do_nothing(index_elements=["period"])
    )


async def _write(
    session: AsyncSession, run: BillingRun, rated: RatedCases, now: datetime
) -> tuple[int, int]:
    asked: dict[str, Any] = parameters(run) | rated.cases
    removed = 0
    await session.execute(_BY_HASHING)
    if await session.scalar(select(exists().where(Invoice.run_id == run.id))):
        removed = (await session.execute(_REMOVE_STALE, asked)).scalar_one()
    made = await session.execute(_ADD_MISSING, asked | rated.lines | {"now": now})
    return removed, int(made.scalar_one())


async def _note(
    session: AsyncSession, run: BillingRun, status: str, now: datetime, detail: str
) -> None:
    """The run's figures, and that it must be checked again."""
    await recount(session, run)
    run.status = status
    uncheck(run)
    await record(session, run, "drafted", actor=rules.AUTOMATIC, detail=detail, now=now)
