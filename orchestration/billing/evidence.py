"""What must hold after a run: numbers, ledger, payments and the log of openings agree."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices.rules import Finding
from api.billing.vault import access_log

# Counted over all runs, for two months may have been issued at the same time.
_NUMBERS = text("""
WITH month AS (
    SELECT min(number) AS first, max(number) AS last
    FROM invoice i JOIN billing_run r ON r.id = i.run_id
    WHERE r.period = :first AND i.number IS NOT NULL
)
SELECT count(i.id) AS numbered, coalesce(month.last - month.first + 1, 0) AS span
FROM month LEFT JOIN invoice i ON i.number BETWEEN month.first AND month.last
GROUP BY month.first, month.last
""")

_LEDGER = text("""
SELECT e.posting_id FROM ledger_entry e JOIN invoice i ON i.id = e.invoice_id
JOIN billing_run r ON r.id = i.run_id
WHERE r.period = :first
GROUP BY e.posting_id HAVING sum(e.amount_cents) <> 0
""")

# Receivable is what was invoiced and neither paid, credited nor given up; cash is what the provider
# took and did not give back, less what banks took back.
_BOOKS = text("""
SELECT i.id FROM invoice i JOIN billing_run r ON r.id = i.run_id
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) FILTER (WHERE account = 'receivable') AS receivable,
           sum(amount_cents) FILTER (WHERE account = 'cash') AS cash
    FROM ledger_entry WHERE invoice_id = i.id
) books ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS taken FROM payment
    WHERE invoice_id = i.id AND status = 'approved'
) provider ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS given_back FROM refund
    WHERE invoice_id = i.id AND status = 'refunded'
) returned ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_cents) AS taken_back FROM chargeback
    WHERE invoice_id = i.id AND status <> 'won'
) disputed ON true
WHERE r.period = :first AND i.number IS NOT NULL AND i.status <> 'void' AND (
    coalesce(books.receivable, 0) <> CASE
        WHEN i.status IN ('issued', 'declined') THEN i.total_cents - i.credited_cents ELSE 0 END
    OR coalesce(books.cash, 0) <> coalesce(provider.taken, 0) - coalesce(returned.given_back, 0)
        - coalesce(disputed.taken_back, 0)
)
""")

NUMBERS = "numbers_without_gap"
LEDGER = "ledger_balanced"
BOOKS = "books_equal_payments"
OPENINGS = "openings_logged"


async def numbers_without_gap(session: AsyncSession, period: Period) -> Finding:
    """The numbers of a month follow one another."""
    row = (await session.execute(_NUMBERS, {"first": period.first})).one()
    return Finding(
        name=NUMBERS,
        severity="block",
        ok=row.numbered == row.span,
        detail=f"{row.numbered} invoices have {row.span} numbers.",
        figures={"invoices": row.numbered},
    )


async def ledger_balanced(session: AsyncSession, period: Period) -> Finding:
    """Every posting of the month's invoices sums to zero."""
    return await _none(session, period, LEDGER, _LEDGER, "postings do not sum to zero")


async def books_equal_payments(session: AsyncSession, period: Period) -> Finding:
    """Of each invoice: invoiced less paid is receivable, and cash is what was taken."""
    return await _none(session, period, BOOKS, _BOOKS, "invoices differ from ledger or payments")


async def openings_logged(session: AsyncSession) -> Finding:
    """The log of card openings is whole, from its first link to its last."""
    broken = await access_log.first_break(session)
    return Finding(
        name=OPENINGS,
        severity="block",
        ok=broken is None,
        detail="Every link follows from the one before."
        if broken is None
        else f"The chain is broken at link {broken}.",
    )


async def _none(
    session: AsyncSession, period: Period, name: str, query: Any, words: str
) -> Finding:
    ids = [str(it) for it in (await session.execute(query, {"first": period.first})).scalars()]
    return Finding(
        name=name,
        severity="block",
        ok=not ids,
        detail=f"{len(ids)} {words}.",
        figures={"count": len(ids), "first": ids[:5]},
    )
