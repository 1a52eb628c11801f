"""Refunds: intents of finance taken to the provider, and what came of them booked.

An intent is committed by the API. Nobody knows what an earlier process did with it, so the
provider is always asked by its key first, and the refund is sent, or sent again, under that key
only when the provider does not know it. One refund that fails costs the others nothing.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.adjustments.ledger import change_credit, post
from api.billing.adjustments.tables import Refund
from api.billing.invoices.announce import announce
from api.billing.invoices.tables import Invoice
from api.billing.payments import rules
from api.billing.payments.alerts import Cause, close_alert, open_alerts
from api.kernel.database import is_unavailable
from api.kernel.outside.payments import (
    PaymentProvider,
    ProviderError,
    Refunded,
    RefundOutcome,
    RefundRefused,
    RefundRequest,
    Unknown,
)
from orchestration.billing.charging import REFUSES_US, NotAllBooked, ProviderRefusesUs
from orchestration.billing.exclusive import REFUNDING, only_one

PAGE = 100
FIRST_ID = UUID(int=0)
UNKNOWN, REFUSED, NOT_POSSIBLE = "refund_unknown", "refund_refused", "refund_not_possible"
CONTRADICTED, HELD_BACK = "refund_contradicted", "refund_held_back"
OPEN_KINDS = (UNKNOWN, NOT_POSSIBLE, CONTRADICTED, HELD_BACK)
"""Alerts about a refund that end with its decision."""
DISPUTED = Unknown("the payment is disputed, and the provider does not know the refund")

_OPEN = text("""
SELECT r.id, r.customer_id, r.amount_cents, r.created_at, r.idempotency_key,
       p.provider_reference AS charge,
       EXISTS (SELECT FROM chargeback c WHERE c.invoice_id = r.invoice_id AND c.status <> 'won')
           AS disputed
FROM refund r JOIN payment p ON p.id = r.payment_id
WHERE r.status IN ('intent', 'unknown') AND r.id > :after
ORDER BY r.id LIMIT :page
""")

log = structlog.get_logger()


@dataclass(slots=True)
class RefundProgress:
    """What a step did: refunds by what came of them."""

    refunded: int = 0
    refused: int = 0
    unknown: int = 0
    failed: int = 0
    not_booked: int = 0


@dataclass(frozen=True, slots=True)
class Refunder:
    """The refunding part of the charge step (role card_charge); it opens no card."""

    sessions: async_sessionmaker[AsyncSession]
    provider: PaymentProvider
    clock: Callable[[], datetime]
    progress: RefundProgress = field(default_factory=RefundProgress)

    async def run(self) -> RefundProgress:
        """Take every open refund to its end, or as far as it goes now.

        Nothing is done while another process does it.

        Raises:
            ProviderRefusesUs: our key is not accepted; what had been decided is booked.
            NotAllBooked: some outcomes could not be written down; they are asked for again.
        """
        async with only_one(self.sessions, REFUNDING) as alone:
            if alone:
                async for row in self._open():
                    await self._settle(row)
        if self.progress.not_booked:
            raise NotAllBooked(f"{self.progress.not_booked} refunds could not be booked.")
        return self.progress

    async def _open(self) -> AsyncIterator[Row[Any]]:
        after = FIRST_ID
        while True:
            async with self.sessions() as session:
                rows = (await session.execute(_OPEN, {"after": after, "page": PAGE})).all()
            for row in rows:
                yield row
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    async def _settle(self, row: Row[Any]) -> None:
        try:
            outcome: RefundOutcome | ProviderError = await self._ask(row)
        except ProviderError as error:
            if error.status in REFUSES_US:
                raise ProviderRefusesUs(f"The payment provider answers {error}.") from error
            outcome = error
        except Exception as error:  # noqa: BLE001 - one refund never stops the others
            log.error("refund_failed", refund=str(row.id), error=type(error).__name__)  # noqa: TRY400
            outcome = Unknown(type(error).__name__)
        try:
            async with self.sessions.begin() as session:
                await book(session, row.id, outcome, self.clock())
        except Exception as error:
            if is_unavailable(error):
                raise
            self.progress.not_booked += 1
            log.error("refund_not_booked", refund=str(row.id), error=type(error).__name__)  # noqa: TRY400
            return
        self._count(outcome)

    async def _ask(self, row: Row[Any]) -> RefundOutcome:
        request = RefundRequest(
            idempotency_key=row.idempotency_key,
            provider_ref=row.charge,
            amount_cents=row.amount_cents,
        )
        found = await self.provider.find_refund(request)
        if found is not None:
            return found
        # The bank has given the customer this money since the refund was intended.
        return DISPUTED if row.disputed else await self.provider.refund(request)

    def _count(self, outcome: RefundOutcome | ProviderError) -> None:
        match outcome:
            case Refunded():
                self.progress.refunded += 1
            case RefundRefused():
                self.progress.refused += 1
            case Unknown():
                self.progress.unknown += 1
            case _:
                self.progress.failed += 1


async def book(
    session: AsyncSession, refund_id: UUID, outcome: RefundOutcome | ProviderError, now: datetime
) -> None:
    """Write down what came of a refund, in the caller's transaction; a second time changes
    nothing.
    """
    found = await session.get_one(Refund, refund_id)
    # The invoice first, as everybody who changes its amounts locks it.
    invoice = await session.get_one(
        Invoice, found.invoice_id, with_for_update=True, populate_existing=True
    )
    refund = await session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.status not in {"intent", "unknown"}:
        return
    cause = (refund.id, refund.customer_id)
    if isinstance(outcome, Refunded):
        refund.status, refund.provider_reference = "refunded", outcome.provider_ref
        sides = {"credit": refund.amount_cents, "cash": -refund.amount_cents}
        await post(session, invoice, "refund", refund.id, sides, now)
    elif isinstance(outcome, RefundRefused):
        refund.status, refund.refusal = "refused", outcome.code
        invoice.refunded_cents -= refund.amount_cents
        # What was reserved is the customer's: the next invoice uses it, or finance pays it out.
        await change_credit(session, invoice, refund.amount_cents, now)
        detail = f"The provider refuses a refund: {outcome.message} It is credit now."
        await _alert(session, REFUSED, cause, detail, now)
    else:
        await _left_open(session, refund, outcome, now)
        return
    refund.decided_at = now
    invoice.version += 1
    await session.flush()
    for kind in OPEN_KINDS:
        await close_alert(session, kind, refund.id, now)
    await announce(session, [invoice.id], now, adjusted=True)


async def _left_open(
    session: AsyncSession, refund: Refund, outcome: Unknown | ProviderError, now: datetime
) -> None:
    cause = (refund.id, refund.customer_id)
    if isinstance(outcome, ProviderError):
        detail = f"The provider refuses this refund for a fault of ours: {outcome}."
        await _alert(session, NOT_POSSIBLE, cause, detail, now)
        return
    if outcome == DISPUTED:
        detail = (
            "The customer's bank has taken this payment back, so the refund was not sent. It is "
            "sent when the dispute is won; when it is lost, the customer has the money already."
        )
        await _alert(session, HELD_BACK, cause, detail, now)
        return
    refund.status = "unknown"
    await session.flush()
    if outcome.contradicts:
        await _alert(session, CONTRADICTED, cause, rules.contradiction(outcome), now)
    elif now - refund.created_at > rules.ALERT_UNKNOWN_AFTER:
        detail = "The provider has not said for over an hour whether this went back."
        await _alert(session, UNKNOWN, cause, detail, now)


async def _alert(
    session: AsyncSession, kind: str, cause: tuple[UUID, UUID], detail: str, now: datetime
) -> None:
    refund_id, customer_id = cause
    await open_alerts(session, kind, [Cause(refund_id, detail, customer_id)], now)
