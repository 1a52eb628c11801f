"""What the charge step is asked to do: charge one month's invoices, or follow up on all."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.runs import find_run, record
from api.billing.invoices.tables import BillingRun, Invoice
from api.billing.vault.crypto import KeyWrapper
from api.kernel.outside.payments import PaymentProvider
from orchestration.billing.charging import Charger, Progress
from orchestration.billing.exclusive import CHARGING, only_one
from orchestration.billing.intents import FRESH, NEW_CARD, OVERDUE, Attempt, intended, undecided

_DONE = text("""
SELECT r.id FROM billing_run r
WHERE r.status IN ('issued', 'charging')
    AND NOT EXISTS (SELECT FROM invoice i WHERE i.run_id = r.id AND i.status = 'issued')
FOR UPDATE
""")


_DUE = text(f"""
SELECT EXISTS (SELECT FROM payment WHERE status IN ('intent', 'unknown'))
    OR EXISTS (
        SELECT FROM invoice i JOIN contract c ON c.id = i.contract_id
        WHERE i.status = 'issued' AND c.held_since IS NULL
    )
    OR EXISTS (
        SELECT FROM dunning d JOIN invoice i ON i.id = d.invoice_id
        JOIN contract c ON c.id = i.contract_id
        WHERE i.status = 'declined' AND c.held_since IS NULL AND (
            (d.status = 'running' AND d.next_at <= :now) OR d.asked_at IS NOT NULL
        )
    )
    OR EXISTS (
        SELECT FROM dunning d JOIN invoice i ON i.id = d.invoice_id
        JOIN contract c ON c.id = i.contract_id
        WHERE d.status IN ('running', 'exhausted') AND i.status = 'declined'
            AND c.held_since IS NULL AND {NEW_CARD}
    )
""")  # noqa: S608 - constants


_REFUNDS_DUE = text("SELECT EXISTS (SELECT FROM refund WHERE status IN ('intent', 'unknown'))")


class ChargingAlready(Exception):
    """Another process is charging; nothing was done."""


async def refunds_are_due(session: AsyncSession) -> bool:
    """Whether a refund is open (role card_charge)."""
    return bool(await session.scalar(_REFUNDS_DUE))


async def something_is_due(session: AsyncSession, now: datetime) -> bool:
    """Whether a follow-up would find anything to do (role card_charge)."""
    return bool(await session.scalar(_DUE, {"now": now}))


@dataclass(frozen=True, slots=True)
class Collector:
    """The charge step with all it needs (role card_charge)."""

    sessions: async_sessionmaker[AsyncSession]
    provider: PaymentProvider
    kek: KeyWrapper
    clock: Callable[[], datetime]
    concurrency: int = 32
    per_second: float | None = None
    report: Callable[[Progress], None] = lambda _: None
    paused: bool = False
    """Whether only what is undecided is asked about, and no payment is begun."""

    async def charge_run(self, period: Period) -> tuple[str, Progress]:
        """Charge the issued invoices of a month; returns the run's status afterwards.

        A finished run, or one that is not issued, is left alone.

        Raises:
            ChargingAlready: try again later.
        """
        async with only_one(self.sessions, CHARGING) as alone:
            if not alone:
                raise ChargingAlready("Another process is charging.")
            run_id = await self._begin(period)
            progress = Progress()
            if run_id is not None:
                progress.total = await self._owed(run_id)
                progress = await self._charge(self._of_run(run_id), progress)
                await self._finish()
        async with self.sessions() as session:
            return (await find_run(session, period)).status, progress

    async def follow_up(self) -> Progress:
        """Ask about what is undecided, charge what is left of any run, try overdue ones again.

        Raises:
            ChargingAlready: try again later.
        """
        async with only_one(self.sessions, CHARGING) as alone:
            if not alone:
                raise ChargingAlready("Another process is charging.")
            progress = await self._charge(self._of_all(), Progress())
            await self._finish()
            return progress

    async def _charge(self, pages: AsyncIterator[list[Attempt]], progress: Progress) -> Progress:
        charger = Charger(
            self.sessions,
            self.provider,
            self.kek,
            self.clock,
            concurrency=self.concurrency,
            per_second=self.per_second,
            report=self.report,
            progress=progress,
        )
        return await charger.run(pages)

    async def _of_run(self, run_id: UUID) -> AsyncIterator[list[Attempt]]:
        async for page in undecided(self.sessions, run_id):
            yield page
        if self.paused:
            return
        async for page in intended(self.sessions, FRESH, self.clock(), run_id):
            yield page

    async def _of_all(self) -> AsyncIterator[list[Attempt]]:
        async for page in undecided(self.sessions, None):
            yield page
        if self.paused:
            return
        for query in (FRESH, OVERDUE):
            async for page in intended(self.sessions, query, self.clock()):
                yield page

    async def _begin(self, period: Period) -> UUID | None:
        async with self.sessions.begin() as session:
            run = await find_run(session, period, lock=True)
            status = rules.after("charge", run.status)
            if status is not None:
                run.status, run.updated_at = status, self.clock()
            return run.id if run.status == "charging" else None

    async def _owed(self, run_id: UUID) -> int:
        query = select(func.count()).where(Invoice.run_id == run_id, Invoice.status == "issued")
        async with self.sessions() as session:
            return await session.scalar(query) or 0

    async def _finish(self) -> None:
        """Runs of which every invoice was decided are finished."""
        async with self.sessions.begin() as session:
            ids = (await session.execute(_DONE)).scalars().all()
            for id_ in ids:
                run = await session.get_one(BillingRun, id_)
                run.status = "finished"
                detail = "Every invoice was charged or declined."
                await record(
                    session, run, "finished", actor=rules.AUTOMATIC, detail=detail, now=self.clock()
                )
