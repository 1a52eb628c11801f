"""PostgreSQL's own types, asked of a server once a process and not once a connection.

asyncpg asks about the arrays and ranges that a connection meets: each time a recursive query over
the catalogue, up to five times a connection, and tests connect thousands of times. What a migration
makes is asked about as ever.
"""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

FIRST_MADE = 10_000
"""Lower numbers are assigned by hand in PostgreSQL's source: they mean the same everywhere."""


def remember(patch: pytest.MonkeyPatch) -> None:
    """Let asyncpg's connections share what they were told of PostgreSQL's own types."""
    connections: Any = asyncpg.Connection  # its types do not tell of this method
    ask = connections._introspect_types
    known: dict[int, list[Any]] = {}

    async def introspect(
        connection: Any,
        numbers: Iterable[int],
        timeout: float | None,  # noqa: ASYNC109  # as asyncpg has it
    ) -> tuple[list[Any], Any]:
        # A statement of a name: without a question, the one that is being prepared still stands.
        told, statement = [], SimpleNamespace(name="none")
        wanted = sorted(numbers)
        for number in wanted:
            if number < FIRST_MADE:
                if number not in known:
                    known[number], statement = await ask(connection, [number], timeout)
                told += known[number]
        made = [number for number in wanted if number >= FIRST_MADE]
        if made:
            rows, statement = await ask(connection, made, timeout)
            told += rows
        return told, statement

    patch.setattr(connections, "_introspect_types", introspect)
