"""A relay whose databases come and go: it stops when told, and gives no message up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import database
from api.kernel.inbox import Handler, Inbound
from api.kernel.relay import Relay
from api.messages import SurveyOutcome
from orchestration.local.ports import free_port
from tests.databases import Databases
from tests.integration.test_relay import arrived, keep_as_skill, outcome, send, waiting

SOURCE, TARGET = "customer_to_sysops", "sysops_owner"


@asynccontextmanager
async def relay(
    databases: Databases, handler: Handler = keep_as_skill, target: str | None = None
) -> AsyncIterator[Relay]:
    url = target or databases.url("sysops", TARGET)
    async with (
        database(url, name="test") as sessions,
        asyncpg.create_pool(databases.url("customer", SOURCE), min_size=1, max_size=3) as pool,
    ):
        yield Relay(pool, "sysops", sessions, Inbound({SurveyOutcome: handler}))


@contextmanager
def full(databases: Databases, name: str, role: str) -> Iterator[None]:
    """The server has no connection left for this role, and ended those it had."""
    databases.execute(name, f"ALTER ROLE {role} CONNECTION LIMIT 0")
    databases.rows(
        name, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", role
    )
    try:
        yield
    finally:
        databases.execute(name, f"ALTER ROLE {role} CONNECTION LIMIT -1")


async def claimed(databases: Databases) -> None:
    """Wait, at most a minute, until a relay has taken the message into its hands."""
    async with asyncio.timeout(60):
        while waiting(databases)[0][0] != "picked":  # noqa: ASYNC110 - what happens in a database
            await asyncio.sleep(0.05)


async def test_a_relay_whose_target_is_away_stops_when_told_and_keeps_its_messages(
    databases: Databases,
) -> None:
    await send(databases, outcome())
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    async with relay(databases, target=nowhere) as carrier:
        stop = asyncio.Event()
        task = asyncio.create_task(carrier.run(stop))
        await claimed(databases)
        stop.set()
        # The supervisor waits 15 s before it kills.
        async with asyncio.timeout(12):
            await task
    assert waiting(databases) == [("picked", 0)], "claimed, and taken again by the next relay"


async def test_a_target_without_a_free_connection_is_waited_for_and_no_attempt_is_counted(
    databases: Databases,
) -> None:
    message = outcome()
    await send(databases, message)
    async with relay(databases) as carrier:
        stop = asyncio.Event()
        with full(databases, "sysops", TARGET):
            task = asyncio.create_task(carrier.run(stop))
            await claimed(databases)
            await asyncio.sleep(1.5)
            assert waiting(databases) == [("picked", 0)]
        await arrived(databases, message)
        stop.set()
        await task


async def test_a_source_that_was_away_for_a_moment_does_not_cost_a_slow_batch_its_claim(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.kernel.relay.HEARTBEAT_TIMEOUT", timedelta(seconds=3))
    at_work, done = asyncio.Event(), asyncio.Event()

    async def slow(_: AsyncSession, __: SurveyOutcome, ___: datetime) -> None:
        at_work.set()
        await done.wait()

    await send(databases, outcome())
    async with relay(databases, slow) as first, relay(databases, slow) as second:
        work = asyncio.create_task(first.carry())
        await at_work.wait()
        with full(databases, "customer", SOURCE):
            await asyncio.sleep(1.8)
        await asyncio.sleep(4)
        assert await second.carry() == 0, "the first relay still has it"
        done.set()
        assert await work == 1
    assert waiting(databases) == []
