"""Issuing: exactly the approved rows get a number, a posting and a message, in portions.

Before anything is issued the stored row hashes must give the approved hash; then each portion
is issued only if what is stored of every invoice and its lines still hashes to the row that was
approved. A crash between two portions leaves whole portions; the next start goes on with the
rest, and numbers have no gap, since a portion takes its numbers in its own transaction.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.announce import announce
from api.billing.invoices.hashes import STORED_ROW_HASH
from api.billing.invoices.numbers import SERIES, take_numbers
from api.billing.invoices.runs import find_run, record
from api.billing.invoices.tables import Invoice
from orchestration.billing.crediting import alert_left, carry_forward, use_credit
from orchestration.billing.rating import run_hash

PORTION = 5_000

_ROWS = text("""
SELECT contract_id, row_hash FROM invoice
WHERE run_id = :run_id AND status NOT IN ('parked', 'void')
""")

_NEXT = text(f"""
SELECT i.id, i.contract_id, {STORED_ROW_HASH} AS stored
FROM invoice i WHERE i.run_id = :run_id AND i.status = 'draft'
-- What gives credit comes before what may use it.
ORDER BY i.carried_cents = 0, i.contract_id LIMIT :portion
""")  # noqa: S608 - constants

_LATE = text(f"""
SELECT i.id, i.total_cents, i.row_hash = {STORED_ROW_HASH} AS same
FROM invoice i
WHERE i.run_id = :run_id AND i.status = 'draft' AND i.review IN ('released', 'late')
ORDER BY i.carried_cents = 0, i.contract_id LIMIT :portion
""")  # noqa: S608 - constants

_NUMBER = text("""
UPDATE invoice SET
    number = :before + chosen.place,
    status = CASE WHEN total_cents = 0 THEN 'paid' ELSE 'issued' END,
    paid_at = CASE WHEN total_cents = 0 THEN CAST(:now AS timestamptz) END,
    issued_at = :now,
    version = version + 1
FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS chosen (id, place)
WHERE invoice.id = chosen.id AND invoice.status = 'draft'
""")

_POST = text("""
WITH posting AS MATERIALIZED (
    SELECT uuidv7() AS id, i.id AS invoice_id, i.customer_id, i.currency,
           i.total_cents, i.subtotal_cents, i.tax_cents, i.carried_cents
    FROM invoice i WHERE i.id = ANY(:ids)
)
INSERT INTO ledger_entry (
    posting_id, posted_at, account, amount_cents, currency, cause, cause_id, customer_id, invoice_id
)
SELECT p.id, :now, side.account, side.amount_cents, p.currency, 'invoice', p.invoice_id,
       p.customer_id, p.invoice_id
FROM posting p
CROSS JOIN LATERAL (
    VALUES ('receivable', p.total_cents), ('revenue', -p.subtotal_cents), ('tax', -p.tax_cents),
           ('credit', -p.carried_cents)
) AS side (account, amount_cents)
WHERE side.amount_cents <> 0
""")


class RowsChanged(Exception):
    """What is stored is not what was approved: nothing more is issued."""


@dataclass(frozen=True, slots=True)
class Issued:
    """`issued` counts the invoices of this call; `status` is the run's afterwards."""

    status: str
    issued: int = 0


async def issue(
    sessions: async_sessionmaker[AsyncSession],
    period: Period,
    now: datetime,
    portion: int = PORTION,
) -> Issued:
    """Issue the approved invoices of a month (role biller); again and again is harmless.

    Raises:
        RowsChanged: the rows are not the approved ones.
    """
    async with sessions() as session:
        run = await find_run(session, period)
        if run.status in rules.ISSUED:
            return await _issue_late(sessions, period, now, portion)
        if rules.after("issue", run.status) is None:
            return Issued(run.status)
        approved = await _approved(session, run.id, run.approved_hash)
    count = 0
    while True:
        async with sessions.begin() as session:
            issued = await _issue_portion(session, period, approved, now, portion)
        if issued is None:
            return Issued("issued", count)
        count += issued


async def _approved(
    session: AsyncSession, run_id: UUID, approved_hash: bytes | None
) -> dict[UUID, bytes]:
    """The row hash of each contract, proven to be what was approved."""
    rows = (await session.execute(_ROWS, {"run_id": run_id})).all()
    approved = {row.contract_id: bytes(row.row_hash) for row in rows}
    if run_hash(approved.items()) != approved_hash:
        raise RowsChanged("The rows of this run are not those that were approved.")
    return approved


async def _issue_portion(
    session: AsyncSession,
    period: Period,
    approved: dict[UUID, bytes],
    now: datetime,
    portion: int,
) -> int | None:
    """Issue the next invoices; None when the last one had been issued."""
    run = await find_run(session, period, lock=True)
    if rules.after("issue", run.status) is None:
        return None
    rows = (await session.execute(_NEXT, {"run_id": run.id, "portion": portion})).all()
    if not rows:
        run.status = "issued"
        total = await session.scalar(
            select(func.count()).where(Invoice.run_id == run.id, Invoice.number.is_not(None))
        )
        await record(
            session,
            run,
            "issued",
            actor=rules.AUTOMATIC,
            detail=f"{total} invoices issued.",
            now=now,
        )
        await alert_left(session, period, now)
        return None
    changed = [row.id for row in rows if approved.get(row.contract_id) != bytes(row.stored)]
    if changed:
        raise RowsChanged(f"{len(changed)} rows are not as approved, among them {changed[0]}.")
    await _make_invoices(session, [row.id for row in rows], now)
    return len(rows)


async def _make_invoices(session: AsyncSession, ids: list[UUID], now: datetime) -> None:
    """Drafts that were approved get number, posting and message."""
    before = await take_numbers(session, SERIES, len(ids)) - len(ids)
    await session.execute(_NUMBER, {"before": before, "ids": ids, "now": now})
    await session.execute(_POST, {"ids": ids, "now": now})
    await carry_forward(session, ids, now)
    await use_credit(session, ids, now)
    await announce(session, ids, now)


async def _issue_late(
    sessions: async_sessionmaker[AsyncSession], period: Period, now: datetime, portion: int
) -> Issued:
    """What was approved after its run was issued: outliers that finance released, and customers
    billed again. The follow-up charges them.

    Raises RowsChanged when what is stored is not what was approved.
    """
    count = 0
    while True:
        async with sessions.begin() as session:
            run = await find_run(session, period, lock=True)
            asked = {"run_id": run.id, "portion": portion}
            rows = (await session.execute(_LATE, asked)).all()
            if not rows:
                await alert_left(session, period, now)
                return Issued(run.status, count)
            changed = [row.id for row in rows if not row.same]
            if changed:
                raise RowsChanged(f"{changed[0]} is not as it was approved.")
            await _make_invoices(session, [row.id for row in rows], now)
            run.invoices += len(rows)
            run.total_cents += sum(row.total_cents for row in rows)
            detail = f"{len(rows)} late invoices issued."
            await record(session, run, "issued", actor=rules.AUTOMATIC, detail=detail, now=now)
            count += len(rows)
