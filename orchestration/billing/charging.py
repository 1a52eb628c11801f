"""Charging: pages of intents in, bounded concurrency at the provider, outcomes booked in batches.

The order that makes it safe to kill at any line: the intent is committed, then the provider is
asked, then the outcome is booked. Whatever is undecided at the next start is asked about by its
key, and repeated under the same key only if the provider does not know it. One account that
fails costs the others nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.payments import rules
from api.billing.vault.crypto import KeyWrapper
from api.billing.vault.service import open_cards
from api.kernel.database import is_unavailable
from api.kernel.outside.payments import (
    Approved,
    Card,
    ChargeRequest,
    Declined,
    PaymentProvider,
    ProviderError,
    Unknown,
)
from orchestration.billing.booking import Outcome, Settled, book
from orchestration.billing.intents import Attempt
from orchestration.billing.pace import Pace

ACTOR = "card_charge"
BATCH = 100
WAIT_FOR_MORE_SECONDS = 0.02
MOST_TRIES = 4
"""How often a charge is sent that the provider puts off; then the follow-up goes on with it."""
WAITING_PER_SLOT = 8
"""How many charges that were put off wait beside each one under way: each holds an open card."""
REFUSES_US = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

log = structlog.get_logger()


class ProviderRefusesUs(Exception):
    """The provider does not accept our key: nothing further was tried."""


class NotAllBooked(Exception):
    """Some outcomes could not be written down; they are asked for again at the next start."""


@dataclass(slots=True)
class Progress:
    """How far a charge step is; `total` is what was known to be due at its start."""

    total: int = 0
    approved: int = 0
    declined: int = 0
    unknown: int = 0
    failed: int = 0
    not_booked: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        return self.approved + self.declined + self.unknown + self.failed

    @property
    def per_second(self) -> float:
        return self.done / max(time.monotonic() - self.started, 1e-6)

    def count(self, outcome: Outcome) -> None:
        match outcome:
            case Approved():
                self.approved += 1
            case Declined():
                self.declined += 1
            case Unknown():
                self.unknown += 1
            case _:
                self.failed += 1

    def __str__(self) -> str:
        left = max(self.total - self.done, 0)
        seconds = left / self.per_second if self.done else 0.0
        return (
            f"{self.done} of {self.total}: {self.approved} approved, {self.declined} declined, "
            f"{self.unknown} unknown, {self.failed} failed; {self.per_second:.0f} a second, "
            f"about {seconds:.0f} s left"
        )


@dataclass(slots=True)
class Charger:
    """Takes pages of attempts to the provider and books what comes of them (role card_charge)."""

    sessions: async_sessionmaker[AsyncSession]
    provider: PaymentProvider
    kek: KeyWrapper
    clock: Callable[[], datetime]
    concurrency: int = 32
    per_second: float | None = None
    report: Callable[[Progress], None] = lambda _: None
    progress: Progress = field(default_factory=Progress)
    _pace: Pace = field(init=False)
    _slots: asyncio.Semaphore = field(init=False)
    _tasks: asyncio.TaskGroup = field(init=False)
    _waiting: set[asyncio.Task[None]] = field(init=False, default_factory=set)
    _todo: asyncio.Queue[tuple[Attempt, Card | None] | None] = field(init=False)
    _settled: asyncio.Queue[Settled | None] = field(init=False)
    _refusal: ProviderError | None = field(init=False, default=None)

    async def run(self, pages: AsyncIterator[list[Attempt]]) -> Progress:
        """Settle every attempt of `pages`.

        Raises:
            ProviderRefusesUs: our key is not accepted; what had been decided is booked.
            NotAllBooked: all others are booked.
        """
        self._pace = Pace(self.per_second)
        self._slots = asyncio.Semaphore(self.concurrency)
        self._todo = asyncio.Queue(self.concurrency)
        self._settled = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self._produce(pages))
            workers = [tasks.create_task(self._work()) for _ in range(self.concurrency)]
            booker = tasks.create_task(self._book())
            await asyncio.wait(workers)
            while self._waiting:
                await asyncio.wait(self._waiting)
            await self._settled.put(None)
            await booker
        if self._refusal is not None:
            raise ProviderRefusesUs(f"The payment provider answers {self._refusal}.")
        if self.progress.not_booked:
            raise NotAllBooked(f"{self.progress.not_booked} outcomes could not be booked.")
        return self.progress

    async def _produce(self, pages: AsyncIterator[list[Attempt]]) -> None:
        async for page in pages:
            if self._refusal is not None:
                break
            opened = await open_cards(
                self.sessions,
                self.kek,
                [it.card_id for it in page if it.card_id is not None and it.card_usable],
                actor=ACTOR,
                purpose="charge",
                now=self.clock(),
            )
            for attempt in page:
                card = opened.cards.get(attempt.card_id) if attempt.card_id else None
                await self._todo.put((attempt, card))
        for _ in range(self.concurrency):
            await self._todo.put(None)

    async def _work(self) -> None:
        while (job := await self._todo.get()) is not None:
            seconds = await self._try(*job, 1)
            if seconds is not None:
                await self._put_off(*job, seconds)

    async def _put_off(self, attempt: Attempt, card: Card | None, seconds: float) -> None:
        """Try again when the provider said, while others have the slot."""
        if len(self._waiting) >= WAITING_PER_SLOT * self.concurrency:
            await self._later(attempt, card, seconds)
            return
        task = self._tasks.create_task(self._later(attempt, card, seconds))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _later(self, attempt: Attempt, card: Card | None, seconds: float | None) -> None:
        tries = 1
        while seconds is not None:
            await asyncio.sleep(seconds)
            tries += 1
            seconds = await self._try(attempt, card, tries)

    async def _try(self, attempt: Attempt, card: Card | None, tries: int) -> float | None:
        """Settle an attempt, or return the seconds after which the provider wants to be asked."""
        if self._refusal is not None:
            return None
        outcome: Outcome
        try:
            async with self._slots:
                outcome = await self._settle(attempt, card)
        except ProviderError as error:
            if error.status in REFUSES_US:
                self._refusal = error
                return None
            outcome = error
        except Exception as error:  # noqa: BLE001 - one account never stops the others
            _log("charge_failed", attempt, error)
            outcome = Unknown(type(error).__name__)
        if isinstance(outcome, Unknown) and outcome.retry_after is not None and tries < MOST_TRIES:
            return outcome.retry_after
        await self._settled.put(Settled(attempt, outcome))
        return None

    async def _settle(self, attempt: Attempt, card: Card | None) -> Outcome:
        if attempt.payment_id is None:
            return rules.NO_CARD
        if not attempt.fresh:
            found = await self.provider.find(
                attempt.idempotency_key, attempt.amount_cents, attempt.currency
            )
            if found is not None:
                return found
            if attempt.held:
                return Unknown("the contract is held, and the provider does not know the charge")
        if card is None:
            if attempt.fresh:
                return rules.CARD_UNREADABLE
            return rules.without_usable_card(attempt.created_at, self.clock())
        await self._pace.turn()
        return await self.provider.charge(
            ChargeRequest(
                idempotency_key=attempt.idempotency_key,
                amount_cents=attempt.amount_cents,
                currency=attempt.currency,
                card=card,
                reference=attempt.number,
            )
        )

    async def _book(self) -> None:
        ended = False
        while not ended:
            batch: list[Settled] = []
            while len(batch) < BATCH and not ended:
                try:
                    wait = WAIT_FOR_MORE_SECONDS if batch else None
                    item = await asyncio.wait_for(self._settled.get(), wait)
                except TimeoutError:
                    break
                if item is None:
                    ended = True
                else:
                    batch.append(item)
            if batch:
                await self._save(batch)
                self.report(self.progress)

    async def _save(self, batch: list[Settled]) -> None:
        """One transaction for the batch; if that fails, one for each, so that one fails alone."""
        try:
            async with self.sessions.begin() as session:
                await book(session, batch, self.clock())
        except Exception as error:
            if is_unavailable(error):
                raise
            if len(batch) == 1:
                self.progress.not_booked += 1
                _log("outcome_not_booked", batch[0].attempt, error)
                return
            for it in batch:
                await self._save([it])
        else:
            for it in batch:
                self.progress.count(it.outcome)


def _log(what: str, attempt: Attempt, error: Exception) -> None:
    """Without the traceback: a formatter that shows local variables would show a card."""
    log.error(what, invoice=attempt.number, error=type(error).__name__)
