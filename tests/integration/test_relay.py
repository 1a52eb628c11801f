"""Messages arrive once in effect, whatever dies, and a bad one is held alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.inbox import Inbound
from api.kernel.relay import Relay, queue_queries
from api.messages import SurveyOutcome
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SKILL = text("INSERT INTO skill (code, name) VALUES (:code, 'made by a message')")


def outcome(ticket_id: UUID | None = None, score: int = 5) -> SurveyOutcome:
    return SurveyOutcome(ticket_id=ticket_id or uuid4(), score=score, answered_at=NOW)


async def keep_as_skill(session: AsyncSession, message: SurveyOutcome, _: datetime) -> None:
    """An effect that any test can see, and that fails for a low score."""
    await session.execute(SKILL, {"code": str(message.ticket_id)})
    if message.score == 1:
        raise RuntimeError("This message cannot be handled.")


async def send(databases: Databases, *messages: SurveyOutcome) -> None:
    async with (
        databases.sessions("customer", "customer_api") as sessions,
        sessions.begin() as session,
    ):
        await outbox.send(session, *messages)


@asynccontextmanager
async def relay(databases: Databases, batch_size: int = 100) -> AsyncIterator[Relay]:
    inbound = Inbound({SurveyOutcome: keep_as_skill}, batch_size=batch_size)
    # The handler of these tests writes reference data, which no relay may; hence the owner.
    async with (
        databases.sessions("sysops", "sysops_owner") as sessions,
        asyncpg.create_pool(
            databases.url("customer", "customer_to_sysops"), min_size=1, max_size=3
        ) as pool,
    ):
        yield Relay(pool, "sysops", sessions, inbound)


@asynccontextmanager
async def running(carrier: Relay) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(carrier.run(stop))
    await asyncio.sleep(0.3)
    try:
        yield
    finally:
        stop.set()
        await task


async def arrived(databases: Databases, message: SurveyOutcome) -> None:
    """Wait, at most a minute, until the message has had its effect."""
    async with asyncio.timeout(60):
        while received(databases) != {str(message.ticket_id)}:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def received(databases: Databases) -> set[str]:
    return {row[0] for row in databases.rows("sysops", "SELECT code FROM skill")}


def waiting(databases: Databases) -> list[tuple[str, int]]:
    return databases.rows(
        "customer", "SELECT status::text, attempts FROM to_sysops.pgqueuer ORDER BY id"
    )


async def test_a_message_sent_is_handled_and_leaves_the_queue(databases: Databases) -> None:
    message = outcome()
    await send(databases, message)
    async with relay(databases) as carrier:
        assert await carrier.drain() == 1
    assert received(databases) == {str(message.ticket_id)}
    assert waiting(databases) == []


async def test_a_message_of_a_rolled_back_transaction_was_never_sent(databases: Databases) -> None:
    async with databases.sessions("customer", "customer_api") as sessions, sessions() as session:
        await outbox.send(session, outcome())
        await session.rollback()
    assert waiting(databases) == []


async def test_one_bad_message_is_set_aside_and_the_rest_of_its_batch_arrives(
    databases: Databases,
) -> None:
    good, bad, fine = outcome(), outcome(score=1), outcome()
    await send(databases, good, bad, fine)
    async with relay(databases) as carrier:
        await carrier.carry()
    assert received(databases) == {str(good.ticket_id), str(fine.ticket_id)}
    assert waiting(databases) == [("queued", 1)]


async def test_a_message_that_keeps_failing_is_held_as_a_dead_letter_and_can_be_replayed(
    databases: Databases,
) -> None:
    await send(databases, outcome(score=1))
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET attempts = 11")
    async with relay(databases) as carrier:
        await carrier.drain()
        assert waiting(databases) == [("failed", 11)]
        async with asyncpg.create_pool(
            databases.url("customer", "customer_to_sysops"), min_size=1, max_size=1
        ) as pool:
            queue = queue_queries(pool, "sysops")
            held = await queue.list_failed_jobs()
            await queue.requeue_jobs([job.id for job in held])
        assert waiting(databases) == [("queued", 0)]


async def test_an_unreadable_payload_is_held_at_once(databases: Databases) -> None:
    await send(databases, outcome())
    databases.execute("customer", "UPDATE to_sysops.pgqueuer SET payload = 'nonsense'")
    async with relay(databases) as carrier:
        await carrier.drain()
    assert waiting(databases) == [("failed", 0)]


async def test_a_relay_that_dies_after_the_commit_delivers_again_without_effect(
    databases: Databases,
) -> None:
    message = outcome()
    await send(databases, message)
    payload = databases.rows("customer", "SELECT payload FROM to_sysops.pgqueuer")[0][0]
    async with relay(databases) as carrier:
        await carrier.drain()
        await send(databases, outcome())
        # What a redelivery looks like: the same envelope, in the queue once more.
        databases.execute("customer", "UPDATE to_sysops.pgqueuer SET payload = %s", payload)
        assert await carrier.drain() == 1
    assert received(databases) == {str(message.ticket_id)}
    assert waiting(databases) == []


async def test_a_running_relay_carries_a_new_message_at_once_and_stops_when_told(
    databases: Databases,
) -> None:
    message = outcome()
    async with relay(databases) as carrier, running(carrier):
        await send(databases, message)
        await arrived(databases, message)


async def test_a_relay_survives_the_loss_of_its_connections(databases: Databases) -> None:
    message = outcome()
    async with relay(databases) as carrier, running(carrier):
        for database in ("customer", "sysops"):
            databases.rows(
                database,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
        await send(databases, message)
        await arrived(databases, message)


async def test_a_relay_role_cannot_take_messages_of_another_pair(databases: Databases) -> None:
    with (
        databases.connect("customer", "customer_to_sysops") as connection,
        pytest.raises(Exception, match="permission denied for schema to_billing"),
    ):
        connection.execute("SELECT * FROM to_billing.pgqueuer")
