"""Booking outcomes: payments, invoices, ledger, alerts and messages, a batch a transaction.

Each statement decides by the payment's status, so whoever books an outcome a second time
changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeGuard
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.contracts import standing
from api.billing.invoices.announce import announce
from api.billing.payments import rules
from api.billing.payments.alerts import Cause, open_alerts
from api.kernel.outside.payments import Approved, ChargeOutcome, Declined, ProviderError, Unknown
from orchestration.billing.dunning import remind
from orchestration.billing.intents import Attempt

Outcome = ChargeOutcome | ProviderError
UNKNOWN, NOT_POSSIBLE = "payment_unknown", "payment_not_possible"
CONTRADICTED = "payment_contradicted"
OPEN_KINDS = (UNKNOWN, NOT_POSSIBLE, CONTRADICTED)
"""Alerts about a payment that end with its decision."""

_APPROVE = text("""
WITH told AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:refs AS text[])) AS told (id, reference)
), paid AS (
    UPDATE payment p SET status = 'approved', provider_reference = told.reference,
        decline_code = NULL, decided_at = :now
    FROM told WHERE p.id = told.id AND p.status IN ('intent', 'unknown')
    RETURNING p.id, p.invoice_id, p.customer_id, p.amount_cents, p.currency
), posting AS MATERIALIZED (
    SELECT uuidv7() AS posting_id, paid.* FROM paid
), posted AS (
    INSERT INTO ledger_entry (
        posting_id, posted_at, account, amount_cents, currency, cause, cause_id, customer_id,
        invoice_id
    )
    SELECT posting.posting_id, :now, side.account, side.sign * posting.amount_cents,
           posting.currency, 'payment', posting.id, posting.customer_id, posting.invoice_id
    FROM posting CROSS JOIN (VALUES ('cash', 1), ('receivable', -1)) AS side (account, sign)
), recovered AS (
    UPDATE dunning d SET status = 'recovered', next_at = NULL, asked_at = NULL,
        updated_at = :now
    FROM paid WHERE d.invoice_id = paid.invoice_id
), closed AS (
    UPDATE alert a SET status = 'closed', closed_at = :now
    FROM paid WHERE a.status = 'open' AND (
        (a.kind = 'payment_declined' AND a.subject_id = paid.invoice_id)
        OR (a.kind = ANY(:open_kinds) AND a.subject_id = paid.id)
    )
)
UPDATE invoice i SET status = 'paid', paid_at = :now, reason = NULL, version = version + 1
FROM paid WHERE i.id = paid.invoice_id AND i.status IN ('issued', 'declined')
RETURNING i.id, i.contract_id
""")

_DECLINE_PAYMENTS = text("""
WITH told AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:refs AS text[]), CAST(:codes AS text[]))
        AS told (id, reference, code)
), declined AS (
    UPDATE payment p SET status = 'declined', provider_reference = told.reference,
        decline_code = told.code, decided_at = :now
    FROM told WHERE p.id = told.id AND p.status IN ('intent', 'unknown')
    RETURNING p.id
), closed AS (
    UPDATE alert a SET status = 'closed', closed_at = :now
    FROM declined WHERE a.status = 'open' AND a.subject_id = declined.id
        AND a.kind = ANY(:open_kinds)
)
SELECT id FROM declined
""")

_DECLINE_INVOICES = text("""
UPDATE invoice i SET status = 'declined', reason = told.reason, version = version + 1
FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS told (id, reason)
WHERE i.id = told.id AND i.status IN ('issued', 'declined')
RETURNING i.id
""")

_UNKNOWN = text("""
UPDATE payment SET status = 'unknown' WHERE id = ANY(:ids) AND status = 'intent'
""")


# By number, as everybody locks invoices: two that change the same ones never wait for each other.
_LOCK = text("SELECT FROM invoice WHERE id = ANY(:ids) ORDER BY number FOR UPDATE")


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of one attempt."""

    attempt: Attempt
    outcome: Outcome


async def book(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> None:
    """Write down what came of a batch, in the caller's transaction (role card_charge)."""
    await session.execute(_LOCK, {"ids": [it.attempt.invoice_id for it in batch]})
    approved = [it for it in batch if isinstance(it.outcome, Approved)]
    declined = [it for it in batch if isinstance(it.outcome, Declined)]
    told = [*await _approve(session, approved, now), *await _decline(session, declined, now)]
    # Both only change the payment itself, which an invoice's state does not show.
    await _unknown(session, [it for it in batch if isinstance(it.outcome, Unknown)], now)
    await _refused(session, [it for it in batch if isinstance(it.outcome, ProviderError)], now)
    await announce(session, told, now)


async def _approve(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> list[UUID]:
    if not batch:
        return []
    asked = {
        "ids": [it.attempt.payment_id for it in batch],
        "refs": [getattr(it.outcome, "provider_ref", "") for it in batch],
        "open_kinds": list(OPEN_KINDS),
        "now": now,
    }
    paid = (await session.execute(_APPROVE, asked)).all()
    await standing.restore(session, [row.contract_id for row in paid], now)
    return [row.id for row in paid]


async def _decline(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> list[UUID]:
    if not batch:
        return []
    outcomes = {it.attempt.invoice_id: it for it in batch}
    with_payment = [it for it in batch if it.attempt.payment_id is not None]
    decided = await _decline_payments(session, with_payment, now)
    reasons = {
        invoice_id: _reason(it)
        for invoice_id, it in outcomes.items()
        if it.attempt.payment_id is None or it.attempt.payment_id in decided
    }
    rows = await session.execute(
        _DECLINE_INVOICES, {"ids": list(reasons), "reasons": list(reasons.values())}
    )
    unpaid = [row.id for row in rows]
    await remind(session, {id_: outcomes[id_].attempt for id_ in unpaid}, reasons, now)
    return unpaid


async def _decline_payments(
    session: AsyncSession, batch: Sequence[Settled], now: datetime
) -> set[UUID]:
    asked = {
        "ids": [it.attempt.payment_id for it in batch],
        "refs": [getattr(it.outcome, "provider_ref", "") or None for it in batch],
        "codes": [getattr(it.outcome, "code", "") for it in batch],
        "open_kinds": list(OPEN_KINDS),
        "now": now,
    }
    return set((await session.execute(_DECLINE_PAYMENTS, asked)).scalars())


async def _unknown(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> None:
    if not batch:
        return
    await session.execute(_UNKNOWN, {"ids": [it.attempt.payment_id for it in batch]})
    odd = {it.attempt.payment_id: outcome for it in batch if _contradicts(outcome := it.outcome)}
    await open_alerts(
        session,
        CONTRADICTED,
        _causes(
            [it for it in batch if it.attempt.payment_id in odd],
            lambda it: rules.contradiction(odd[it.attempt.payment_id]),
        ),
        now,
    )
    old = [
        it
        for it in batch
        if now - it.attempt.created_at > rules.ALERT_UNKNOWN_AFTER
        and not it.attempt.held
        and it.attempt.payment_id not in odd
    ]
    detail = "The provider has not said for over an hour whether this was charged."
    await open_alerts(session, UNKNOWN, _causes(old, lambda _: detail), now)


def _contradicts(outcome: Outcome) -> TypeGuard[Unknown]:
    return isinstance(outcome, Unknown) and outcome.contradicts


async def _refused(session: AsyncSession, batch: Sequence[Settled], now: datetime) -> None:
    """The provider does not understand us: nothing was charged, the payment stays undecided."""
    causes = _causes(
        batch, lambda it: f"The provider refuses this charge for a fault of ours: {it.outcome}."
    )
    await open_alerts(session, NOT_POSSIBLE, causes, now)


def _causes(batch: Sequence[Settled], detail: Callable[[Settled], str]) -> list[Cause]:
    return [
        Cause(it.attempt.payment_id, detail(it), it.attempt.customer_id)
        for it in batch
        if it.attempt.payment_id is not None
    ]


def _reason(it: Settled) -> str:
    """For the customer; the provider's words, which hold no card data."""
    return getattr(it.outcome, "message", "") or "The card was declined."
