"""Carrying messages in tests: the real relay and the real handlers, with the real roles."""

from contextlib import AbstractAsyncContextManager

import asyncpg

from api.kernel import outbox
from api.kernel.inbox import Inbound
from api.kernel.messages import Message
from api.kernel.relay import Relay
from api.relay import open_inbound
from orchestration.local.wiring import RELAYS
from tests.databases import Databases


async def deliver(
    databases: Databases,
    source: str,
    target: str,
    inbound: AbstractAsyncContextManager[Inbound] | None = None,
) -> int:
    """Carry what waits from `source` to `target`, once; returns how many were taken."""
    out, into = next(pair[2:] for pair in RELAYS if pair[:2] == (source, target))
    async with (
        inbound or open_inbound(source, target) as handlers,
        databases.sessions(target, into) as sessions,
        asyncpg.create_pool(databases.url(source, out), min_size=1, max_size=3) as pool,
    ):
        return await Relay(pool, target, sessions, handlers).drain()


async def send(databases: Databases, *messages: Message, role: str | None = None) -> None:
    """Enqueue messages as `role` does, by default their source's API."""
    source = messages[0].source
    async with (
        databases.sessions(source, role or f"{source}_api") as sessions,
        sessions.begin() as session,
    ):
        await outbox.send(session, *messages)


def queued(databases: Databases, source: str, target: str) -> list[tuple[str, bytes]]:
    """Channel and payload of what waits."""
    return databases.rows(
        source, f"SELECT entrypoint, payload FROM to_{target}.pgqueuer ORDER BY id"
    )


def dead_letters(databases: Databases, source: str, target: str) -> int:
    rows = databases.rows(
        source, f"SELECT count(*) FROM to_{target}.pgqueuer WHERE status = 'failed'"
    )
    return int(rows[0][0])
