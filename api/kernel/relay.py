"""Carries messages from one database's queue to another database's handlers.

One process for each directed pair of quanta. It logs in with two roles: one that reaches
only that pair's queue, one that reaches only what the handlers write. Delivery is at least
once (a job is acknowledged after the target has committed); the inbox makes it once in
effect.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job, TracebackRecord
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel import clock, metrics
from api.kernel.database import is_unavailable
from api.kernel.inbox import Delivery, Inbound, Unreadable, receive
from api.kernel.outbox import queue_settings
from api.kernel.retry import next_delay

POLL = timedelta(seconds=2)
# A batch taken by a relay that died is taken again after this long.
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
RECONNECT_DELAY = timedelta(seconds=1)
SOURCE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)

_THERE = text("SELECT 1")

log = structlog.get_logger()


def queue_queries(pool: asyncpg.Pool, target: str) -> Queries:
    """pgqueuer's queries on the queue to `target` in the pool's database."""
    settings = queue_settings(target)
    return Queries(
        AsyncpgPoolDriver(pool),
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
    )


class Relay:
    """The message loop of one directed pair."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        target: str,
        sessions: async_sessionmaker[AsyncSession],
        inbound: Inbound,
        heartbeat_file: Path | None = None,
    ) -> None:
        """`pool` is of the source database, `sessions` of the target database."""
        self._pool = pool
        self._target = target
        self._queries = queue_queries(pool, target)
        self._sessions = sessions
        self._inbound = inbound
        self._heartbeat_file = heartbeat_file
        self._manager = QueueManagerId(uuid4())
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._entrypoints = {
            QueueEntrypoint(channel): EntrypointExecutionParameter(concurrency_limit=0)
            for channel in inbound.by_channel
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Carry messages until `stop`; a lost connection is tried again, and nothing is lost."""
        self._stop = stop
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            for _ in range(self._inbound.workers):
                tasks.create_task(self._work())

    async def drain(self) -> int:
        """Carry what waits now, until nothing is due; returns how many were handled."""
        handled = 0
        while count := await self.carry():
            handled += count
        return handled

    async def carry(self) -> int:
        """Take one batch, handle it, acknowledge it; returns its size."""
        jobs = await self._queries.dequeue(
            batch_size=self._inbound.batch_size,
            entrypoints=self._entrypoints,
            queue_manager_id=self._manager,
            global_concurrency_limit=None,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
        )
        if jobs:
            beat = asyncio.create_task(self._keep_alive(jobs))
            try:
                await self._acknowledge(jobs, await self._receive(jobs))
            finally:
                beat.cancel()
                # A claim that could not be kept is taken again, and the inbox knows it.
                await asyncio.gather(beat, return_exceptions=True)
        return len(jobs)

    async def _receive(self, jobs: Sequence[Job]) -> dict[int, Exception | None]:
        """Hand a batch to the target; waits, without counting a failure, while that is away.

        Told to stop meanwhile it answers for no job: the next relay takes them again.
        """
        deliveries = [
            Delivery(job.id, job.entrypoint, job.payload or b"", job.otel_headers()) for job in jobs
        ]
        while True:
            try:
                return await receive(self._sessions, self._inbound, deliveries, clock.now())
            except (SQLAlchemyError, OSError) as error:
                if is_unavailable(error):
                    self._target_is_away(error)
                    await self._pause(RECONNECT_DELAY)
                    if self._stop.is_set():
                        return {}
                    continue
                if len(jobs) == 1:
                    return {jobs[0].id: error}
                # The whole batch was rolled back. One of it is why; apart they show which.
                outcome: dict[int, Exception | None] = {}
                for job in jobs:
                    outcome |= await self._receive([job])
                return outcome

    async def _acknowledge(self, jobs: Sequence[Job], outcome: dict[int, Exception | None]) -> None:
        answered = [job for job in jobs if job.id in outcome]
        done = [(job, "successful", None) for job in answered if outcome[job.id] is None]
        if done:
            await self._queries.log_jobs(done)  # type: ignore[arg-type]
            for job, *_ in done:
                metrics.relayed(job.entrypoint, "carried")
        for job in answered:
            if (error := outcome[job.id]) is not None:
                await self._failed(job, error)

    async def _failed(self, job: Job, error: Exception) -> None:
        attempts = job.attempts + 1
        delay = None if isinstance(error, Unreadable) else next_delay(attempts)
        # The error's text may quote the message; only its kind goes into the queue's log.
        record = TracebackRecord(
            job_id=job.id,
            timestamp=clock.now(),
            exception_type=type(error).__name__,
            exception_message="",
            traceback="",
            additional_context={"entrypoint": job.entrypoint, "attempts": attempts},
        )
        metrics.relayed(job.entrypoint, "held" if delay is None else "failed")
        report = log.error if delay is None else log.warning
        report(
            "message_held" if delay is None else "message_failed",
            job=job.id,
            channel=job.entrypoint,
            attempts=attempts,
            error=type(error).__name__,
            exc_info=error if delay is None else None,
        )
        if delay is None:
            await self._queries.log_jobs([(job, "failed", record)])
        else:
            await self._queries.retry_job(job, delay, record)

    async def _keep_alive(self, jobs: Sequence[Job]) -> None:
        """Long handlers keep their claim, or the batch would be taken twice."""
        while True:
            await asyncio.sleep(HEARTBEAT_TIMEOUT.total_seconds() / 4)
            try:
                await self._queries.update_heartbeat([job.id for job in jobs])
            except SOURCE_ERRORS as error:
                log.warning("source_unavailable", error=type(error).__name__)

    async def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._wake.clear()
                carried = await self.carry()
                if carried or await self._target_is_there():
                    self._beat()
            except SOURCE_ERRORS as error:
                log.warning("source_unavailable", error=type(error).__name__)
                self._beat(f"the source database does not answer ({type(error).__name__})")
                await self._pause(RECONNECT_DELAY)
            else:
                if not carried:
                    await self._idle()

    async def _idle(self) -> None:
        waits = {asyncio.create_task(event.wait()) for event in (self._wake, self._stop)}
        _, pending = await asyncio.wait(
            waits, timeout=POLL.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()

    async def _listen(self) -> None:
        """Wake the workers when the queue changes; polling covers what this misses."""
        channel = queue_settings(self._target).channel
        while not self._stop.is_set():
            try:
                async with self._pool.acquire() as connection:
                    await connection.add_listener(channel, self._notified)
                    try:
                        while not self._stop.is_set() and not connection.is_closed():
                            await self._pause(POLL)
                    finally:
                        await connection.remove_listener(channel, self._notified)
            except SOURCE_ERRORS as error:
                log.warning("listen_failed", error=type(error).__name__)
                await self._pause(RECONNECT_DELAY)

    async def _pause(self, longest: timedelta) -> None:
        """Sleep, but no longer than until told to stop."""
        try:
            async with asyncio.timeout(longest.total_seconds()):
                await self._stop.wait()
        except TimeoutError:
            return

    def _notified(self, *_: object) -> None:
        self._wake.set()

    async def _target_is_there(self) -> bool:
        """Asked when there is nothing to carry: a relay that could not is not well either."""
        try:
            async with self._sessions() as session:
                await session.execute(_THERE)
        except (SQLAlchemyError, OSError) as error:
            self._target_is_away(error)
            return False
        return True

    def _target_is_away(self, error: BaseException) -> None:
        log.warning("target_unavailable", error=type(error).__name__)
        self._beat(f"the target database does not answer ({type(error).__name__})")

    def _beat(self, why_not: str = "") -> None:
        """Show life, and what keeps it from working: empty when nothing does."""
        if self._heartbeat_file is not None:
            self._heartbeat_file.write_text(why_not)
