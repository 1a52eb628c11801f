"""Intents: what is to be charged, committed before the provider hears of it.

An invoice has at most one undecided payment, by a unique index; its idempotency key is made
of the payment's own id. Who finds an undecided payment of an earlier process asks the provider
by that key before anything else.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.calendar import billing_day
from api.billing.invoices.numbers import number_text

PAGE = 200
FIRST_ID = UUID(int=0)

# Locked: nobody credits an invoice or holds its contract between this look and the intent.
_LOCKED = "FOR UPDATE OF i FOR SHARE OF c"

_FRESH = f"""
SELECT i.id, i.number, i.customer_id, i.total_cents - i.credited_cents AS due_cents, i.currency,
       CAST('infinity' AS timestamptz) AS tried_at
FROM invoice i JOIN contract c ON c.id = i.contract_id
WHERE c.held_since IS NULL AND i.status = 'issued' AND i.number > :after
    AND (CAST(:run_id AS uuid) IS NULL OR i.run_id = :run_id)
    AND NOT EXISTS (SELECT FROM payment p WHERE p.invoice_id = i.id)
ORDER BY i.number LIMIT :page {_LOCKED}
"""  # noqa: S608 - constants

# Of an invoice `i`: a card that was added since the last try began, however late it was decided.
NEW_CARD = """
EXISTS (
    SELECT FROM vault_card v
    WHERE v.customer_id = i.customer_id AND v.status = 'active' AND NOT EXISTS (
        SELECT FROM payment p
        WHERE p.invoice_id = i.id AND (p.created_at >= v.created_at OR p.card_id = v.card_id)
    )
)
"""

# Due by the schedule, asked for by finance, or the customer has added a card since the last try.
_OVERDUE = f"""
SELECT i.id, i.number, i.customer_id, i.total_cents - i.credited_cents AS due_cents, i.currency,
       coalesce((SELECT max(p.created_at) FROM payment p WHERE p.invoice_id = i.id), 'infinity')
           AS tried_at
FROM dunning d JOIN invoice i ON i.id = d.invoice_id JOIN contract c ON c.id = i.contract_id
WHERE c.held_since IS NULL AND i.status = 'declined' AND i.number > :after
    AND d.status IN ('running', 'exhausted')
    AND (
        (d.status = 'running' AND d.next_at <= :now)
        OR d.asked_at IS NOT NULL
        OR {NEW_CARD}
    )
    AND NOT EXISTS (
        SELECT FROM payment p WHERE p.invoice_id = i.id AND p.status IN ('intent', 'unknown')
    )
ORDER BY i.number LIMIT :page {_LOCKED}
"""  # noqa: S608 - constants

# Of those that have not expired: one that was added since the last try, for it was added to be
# tried; else the one that the customer chose; else the newest. When all have expired the
# provider says why not.
_CARD = """
SELECT v.card_id FROM vault_card v
LEFT JOIN default_card chosen USING (customer_id, card_id)
WHERE v.customer_id = due.customer_id AND v.status = 'active'
ORDER BY (v.exp_year, v.exp_month) >= (:year, :month) DESC, v.created_at > due.tried_at DESC,
    chosen.card_id IS NULL, v.created_at DESC, v.card_id
LIMIT 1
"""


def _intend(due: str) -> TextClause:
    return text(f"""
WITH due AS ({due}), chosen AS MATERIALIZED (
    SELECT uuidv7() AS payment_id, due.*, card.card_id,
           (SELECT coalesce(max(attempt), 0) + 1 FROM payment p WHERE p.invoice_id = due.id)
               AS attempt
    FROM due LEFT JOIN LATERAL ({_CARD}) card ON true
), made AS (
    INSERT INTO payment (
        id, invoice_id, attempt, customer_id, card_id, idempotency_key, amount_cents, currency,
        status, created_at
    )
    SELECT payment_id, id, attempt, customer_id, card_id, 'payment-' || payment_id, due_cents,
           currency, 'intent', :now
    FROM chosen WHERE card_id IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT chosen.id AS invoice_id, chosen.number, chosen.customer_id, chosen.card_id,
       chosen.due_cents AS amount_cents, chosen.currency,
       CAST(:now AS timestamptz) AS created_at, true AS card_usable, false AS held,
       made.id AS payment_id, 'payment-' || made.id AS idempotency_key
FROM chosen LEFT JOIN made ON made.id = chosen.payment_id
ORDER BY chosen.number
""")  # noqa: S608 - constants


FRESH = _intend(_FRESH)
OVERDUE = _intend(_OVERDUE)

_UNDECIDED = text("""
SELECT p.id AS payment_id, p.invoice_id, i.number, p.customer_id, p.card_id, p.amount_cents,
       p.currency, p.created_at, p.idempotency_key, c.held_since IS NOT NULL AS held,
       EXISTS (SELECT FROM vault_card v WHERE v.card_id = p.card_id AND v.status = 'active')
           AS card_usable
FROM payment p JOIN invoice i ON i.id = p.invoice_id JOIN contract c ON c.id = i.contract_id
WHERE p.status IN ('intent', 'unknown') AND p.id > :after
    AND (CAST(:run_id AS uuid) IS NULL OR i.run_id = :run_id)
ORDER BY p.id LIMIT :page
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to charge an invoice. Without a `payment_id` there was no card to try with."""

    payment_id: UUID | None
    invoice_id: UUID
    number: str
    customer_id: UUID
    card_id: UUID | None
    amount_cents: int
    currency: str
    idempotency_key: str
    created_at: datetime
    fresh: bool
    """Made by this process just now: no provider has heard of it."""
    card_usable: bool
    held: bool
    """The contract is held: what became of the charge is asked, but it is not sent again."""


async def undecided(
    sessions: async_sessionmaker[AsyncSession], run_id: UUID | None
) -> AsyncIterator[list[Attempt]]:
    """What an earlier process left without an end, page by page."""
    after = FIRST_ID
    while True:
        async with sessions() as session:
            asked = {"after": after, "run_id": run_id, "page": PAGE}
            rows = (await session.execute(_UNDECIDED, asked)).all()
        if not rows:
            return
        after = rows[-1].payment_id
        yield [_attempt(row, fresh=False) for row in rows]


async def intended(
    sessions: async_sessionmaker[AsyncSession],
    query: TextClause,
    now: datetime,
    run_id: UUID | None = None,
) -> AsyncIterator[list[Attempt]]:
    """New intents by `FRESH` or `OVERDUE`, page by page, each page committed before it is given.

    An invoice appears once, also when its customer has no card.
    """
    after = 0
    today = billing_day(now)
    asked: dict[str, Any] = {"now": now, "page": PAGE, "year": today.year, "month": today.month}
    if query is FRESH:
        asked["run_id"] = run_id
    while True:
        async with sessions.begin() as session:
            rows = (await session.execute(query, asked | {"after": after})).all()
        if not rows:
            return
        after = rows[-1].number
        # With a card but without a payment: another process has just made one.
        yield [
            _attempt(row, fresh=True)
            for row in rows
            if row.payment_id is not None or row.card_id is None
        ]


def _attempt(row: Row[Any], *, fresh: bool) -> Attempt:
    return Attempt(
        payment_id=row.payment_id,
        invoice_id=row.invoice_id,
        number=number_text(row.number),
        customer_id=row.customer_id,
        card_id=row.card_id,
        amount_cents=row.amount_cents,
        currency=row.currency,
        idempotency_key=row.idempotency_key or "",
        created_at=row.created_at,
        fresh=fresh,
        card_usable=row.card_usable,
        held=row.held,
    )
