"""`squad bench relay`: from ticket created to a ticket in sysops, beside a bare pgqueuer.

The yardstick is pgqueuer's own loop with a handler that does nothing, on a queue with the same
messages in the same server. A message without its ticket, event and answer ends the run.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

import asyncpg
import msgspec
import uvloop
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.models import Job
from pgqueuer.domain.types import QueueExecutionMode

from api.kernel import outbox
from api.kernel.database import database
from api.kernel.outbox import queue_settings
from api.kernel.relay import queue_queries
from api.messages import TicketCreated
from orchestration.local.environment import common
from orchestration.local.postgres import throw_away_postgres
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.server import DURABLE, ON_DISK
from tests.databases import Databases, Templates
from tests.world import Household, furnish, household

ROUNDS: Final = 3
BATCH: Final = 100
A_SECOND: Final = 500
"""Tickets a second at which the latency is measured."""
PATIENCE_SECONDS: Final = 300
_LATENCY: Final = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - submitted_at)::float8
FROM ticket WHERE description = %s
"""
_WHOLE: Final = """
SELECT count(*) FROM ticket t JOIN ticket_event e ON e.ticket_id = t.id AND e.version = 1
JOIN to_customer.pgqueuer m ON m.headers ->> 'subject' = t.id::text
"""


def run(messages: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Rounds of so many messages at once, then so many seconds of an even stream."""
    report = Report({"name": "relay", "messages": messages, "tickets_a_second": A_SECOND}, say)
    settings = {**DURABLE, "track_commit_timestamp": "on"}
    with throw_away_postgres(settings, room=ON_DISK) as server:
        templates = Templates(server)
        databases = Databases(templates)
        furnish(databases)
        homes = [household() for _ in range(100)]
        _let_in(databases, homes)
        with _relay(databases):
            _carried(databases, homes, BATCH)  # warm
            ours = [_carried(databases, homes, messages) for _ in range(ROUNDS)]
            _latency(report, databases, homes, seconds)
        bare = [_bare(databases, homes, messages) for _ in range(ROUNDS)]
        report.compare("to_bare_pgqueuer", ours=ours, yardstick=bare, at_least=0.3)
        databases.drop()
        templates.close()
    return report.figures


def _let_in(databases: Databases, homes: Sequence[Household]) -> None:
    for home in homes:
        databases.execute(
            "sysops",
            "INSERT INTO entitlement (contract_id, customer_id, plan_code)"
            " VALUES (%s, %s, 'basic')",
            home.contract_id,
            home.customer_id,
        )


@contextmanager
def _relay(databases: Databases) -> Iterator[None]:
    """The relay as it is deployed, a process of its own."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        beat = Path(folder) / "heartbeat"
        own = {
            "SQUAD_SOURCE_URL": databases.url("customer", "customer_to_sysops"),
            "SQUAD_TARGET_URL": databases.url("sysops", "sysops_from_customer"),
            "SQUAD_HEARTBEAT_FILE": str(beat),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "api.relay", "customer", "sysops"],
            env={**common(), **own}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait(beat.exists)
            yield
        finally:
            process.terminate()
            process.wait()


def _carried(databases: Databases, homes: Sequence[Household], messages: int) -> float:
    """Messages a second from when all are in the queue until none is."""
    before = _count(databases, "ticket")
    asyncio.run(_enqueue(databases, _tickets(homes, messages)))
    began = perf_counter()
    _wait_for_all(databases)
    took = perf_counter() - began
    whole = databases.rows("sysops", _WHOLE)[0][0]
    if whole != before + messages:
        raise Wrong(f"Of {before + messages} tickets {whole} have an event and an answer.")
    return messages / took


def _latency(
    report: Report, databases: Databases, homes: Sequence[Household], seconds: float
) -> None:
    """Seconds from a customer's commit to the ticket's commit in sysops, at an even pace."""
    mark = f"Steadily {uuid4()}."
    sent, took = asyncio.run(_stream(databases, homes, mark, seconds))
    _wait_for_all(databases)
    latencies = [row[0] for row in databases.rows("sysops", _LATENCY, mark)]
    if len(latencies) != sent:
        raise Wrong(f"Of {sent} tickets {len(latencies)} arrived.")
    cuts = quantiles(latencies, n=100)
    report.add("sent_a_second", round(sent / took))
    report.add("latency_p50_ms", round(1000 * cuts[49], 1))
    report.hold("latency_p99_s", cuts[98], at_most=1.0)


async def _stream(
    databases: Databases, homes: Sequence[Household], mark: str, seconds: float
) -> tuple[int, float]:
    """Each ticket in a transaction of its own, A_SECOND of them a second; how many, how long."""
    sent, began = 0, perf_counter()
    url = databases.url("customer", "customer_api")
    async with database(url, name="benchmark", pool_size=8) as sessions:
        while perf_counter() - began < seconds:
            due = int((perf_counter() - began) * A_SECOND) - sent

            async def one(number: int) -> None:
                ticket = msgspec.structs.replace(
                    homes[number % len(homes)].ticket(),
                    description=mark,
                    submitted_at=datetime.now(UTC),
                )
                async with sessions.begin() as session:
                    await outbox.send(session, ticket)

            await asyncio.gather(*(one(sent + it) for it in range(due)))
            sent += due
            await asyncio.sleep(0.005)
    return sent, perf_counter() - began


def _tickets(homes: Sequence[Household], count: int) -> list[TicketCreated]:
    return [homes[it % len(homes)].ticket() for it in range(count)]


async def _enqueue(databases: Databases, tickets: Sequence[TicketCreated]) -> None:
    url = databases.url("customer", "customer_api")
    async with database(url, name="benchmark") as sessions, sessions.begin() as session:
        await outbox.send(session, *tickets)


def _bare(databases: Databases, homes: Sequence[Household], messages: int) -> float:
    asyncio.run(_enqueue(databases, _tickets(homes, messages)))
    # Else its statements are planned now for a small queue and now for a large one, and it takes
    # ten times as long in one round as in another.
    databases.execute("customer", "VACUUM ANALYZE to_sysops.pgqueuer")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        url = databases.url("customer")
        handled, took = pool.submit(_drain, url).result()
    if handled != messages or _count(databases, "to_sysops.pgqueuer", "customer"):
        raise Wrong(f"Of {messages} messages pgqueuer handled {handled}.")
    return messages / took


def _drain(url: str) -> tuple[int, float]:
    return uvloop.run(_drained(url))


async def _drained(url: str) -> tuple[int, float]:
    handled = 0
    async with asyncpg.create_pool(url, min_size=1, max_size=3) as pool:
        queries = queue_queries(pool, "sysops")
        manager = QueueManager(queries, channel=queue_settings("sysops").channel)

        @manager.entrypoint(TicketCreated.channel)
        async def nothing(_: Job) -> None:
            nonlocal handled
            handled += 1

        began = perf_counter()
        await manager.run(
            batch_size=BATCH, mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(0)
        )
        took = perf_counter() - began
    return handled, took


def _count(databases: Databases, table: str, database: str = "sysops") -> int:
    return int(databases.rows(database, f"SELECT count(*) FROM {table}")[0][0])


def _wait_for_all(databases: Databases) -> None:
    """Until no message waits. The last goes last: to look from the first past all that are gone,
    or to count tickets again and again, would take what the relay needs."""
    last = "SELECT FROM to_sysops.pgqueuer ORDER BY id DESC LIMIT 1"
    _wait(lambda: not databases.rows("customer", last))


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > until:
            raise Wrong("The relay does not get on.")
        time.sleep(0.01)
