"""Messages that kept failing and are held: told without their payloads, and sent again."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from api.kernel.relay import queue_queries
from orchestration.local.databases import role_url
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.wiring import RELAYS

# More than this at once is an outage, and replaying goes on where it stopped.
MOST = 10_000
TIMEOUT_SECONDS = 10

_ERRORS = """
SELECT DISTINCT ON (job_id) job_id, traceback ->> 'exception_type' AS error
FROM to_{target}.pgqueuer_log
WHERE job_id = ANY($1) AND traceback IS NOT NULL
ORDER BY job_id, created DESC
"""


@dataclass(frozen=True)
class Pair:
    """A directed pair of quanta, and the role that takes messages out of its queue."""

    source: str
    target: str
    role: str

    @property
    def name(self) -> str:
        return f"{self.source}-{self.target}"


PAIRS = {pair.name: pair for pair in (Pair(*relay[:3]) for relay in RELAYS)}


@dataclass(frozen=True)
class DeadLetter:
    """A held message: `id` is its place in the queue, `subject` the id of what it speaks of.

    `error` is the kind of the last failure; its text might quote the message and is not kept.
    """

    pair: str
    channel: str
    id: int
    subject: str | None
    attempts: int
    sent_at: datetime
    since: datetime
    error: str | None


async def held(instance: Instance, pair: Pair) -> list[DeadLetter]:
    """The dead letters of one queue, the oldest first; raises LocalError when it cannot look."""
    async with _pool(instance, pair) as pool:
        jobs = await queue_queries(pool, pair.target).list_failed_jobs(limit=MOST, order="ASC")
        query = _ERRORS.format(target=pair.target)
        rows = await pool.fetch(query, [job.id for job in jobs])
    errors = {row["job_id"]: row["error"] for row in rows}
    return [
        DeadLetter(
            pair=pair.name,
            channel=job.entrypoint,
            id=job.id,
            subject=str(subject) if (subject := (job.headers or {}).get("subject")) else None,
            # pgqueuer counts the times a message was put back, and this one was not.
            attempts=job.attempts + 1,
            sent_at=job.created,
            since=job.updated,
            error=errors.get(job.id),
        )
        for job in jobs
    ]


async def replay(instance: Instance, pair: Pair, ids: Collection[int] | None) -> list[int]:
    """Queue dead letters again from their first attempt; returns those that were.

    `ids` None means all there are now: what fails again meanwhile is not taken twice.
    """
    async with _pool(instance, pair) as pool:
        queries = queue_queries(pool, pair.target)
        jobs = await queries.list_failed_jobs(limit=MOST, order="ASC")
        found = [job.id for job in jobs if ids is None or job.id in ids]
        await queries.requeue_jobs(found)
    return [int(key) for key in found]


@asynccontextmanager
async def _pool(instance: Instance, pair: Pair) -> AsyncIterator[asyncpg.Pool]:
    url = role_url(instance, pair.source, pair.role, "postgresql")
    settings = {"application_name": "squad dead-letters"}
    try:
        async with asyncpg.create_pool(
            url,
            min_size=1,
            max_size=1,
            timeout=TIMEOUT_SECONDS,
            command_timeout=TIMEOUT_SECONDS,
            server_settings=settings,
        ) as pool:
            yield pool
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise LocalError(
            f"The queue {pair.name} cannot be read ({type(error).__name__}): `squad status` tells "
            f"whether the {pair.source} database is there, `squad migrate` makes its roles."
        ) from error
