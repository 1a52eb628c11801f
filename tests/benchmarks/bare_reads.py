"""A customer's tickets asked of the database and thrown away, in a process of its own."""

import asyncio
import itertools
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter
from typing import Final
from uuid import UUID

import asyncpg
import uvloop

POOL: Final = 10
"""As many connections as an API has to its database."""
_LIST: Final = """
SELECT * FROM ticket WHERE account_id = $1 ORDER BY submitted_at DESC, id DESC LIMIT 21
"""
_ONE: Final = "SELECT * FROM ticket WHERE id = $1 AND account_id = $2"
_TIMELINE: Final = "SELECT * FROM ticket_timeline WHERE ticket_id = $1 ORDER BY version"
_PHOTOS: Final = "SELECT * FROM attachment WHERE ticket_id = $1 AND removed_at IS NULL"

Readers = Sequence[tuple[UUID, list[UUID]]]
"""Customers with some of their tickets."""


def asked_bare(url: str, connections: int, name: str, readers: Readers, seconds: float) -> float:
    """Questions a second: `name` is `list`, or `detail` for a ticket with all that is shown."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_ask, url, connections, name, readers, seconds).result()


def _ask(url: str, connections: int, name: str, readers: Readers, seconds: float) -> float:
    return uvloop.run(_ask_all(url, connections, name, readers, seconds))


async def _ask_all(
    url: str, connections: int, name: str, readers: Readers, seconds: float
) -> float:
    counts: list[int] = []
    turns = itertools.cycle(readers)
    async with asyncpg.create_pool(url, min_size=POOL, max_size=POOL) as pool:
        until = perf_counter() + seconds

        async def work() -> None:
            asked = 0
            while perf_counter() < until:
                account, tickets = next(turns)
                async with pool.acquire() as connection:
                    if name == "list":
                        await connection.fetch(_LIST, account)
                    else:
                        await connection.fetchrow(_ONE, tickets[0], account)
                        await connection.fetch(_TIMELINE, tickets[0])
                        await connection.fetch(_PHOTOS, tickets[0])
                asked += 1
            counts.append(asked)

        began = perf_counter()
        await asyncio.gather(*(work() for _ in range(connections)))
        return sum(counts) / (perf_counter() - began)
