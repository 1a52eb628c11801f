"""The demo world examined: every rule of the live system again, in SQL of its own.

Nothing here is shared with the code that draws the world, so that one mistake cannot hide another.
Without cards in the vault the rule about them does not hold.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg

_HERE: Final = Path(__file__).parent
FILES: Final = {
    "sysops": ("people.sql", "tickets.sql", "visits.sql"),
    "customer": ("customers.sql",),
    "billing": ("invoices.sql", "payments.sql"),
}
"""The rules of each database."""
ACROSS: Final = "across.sql"
_RULE: Final = re.compile(r"^-- rule: (.+)\n", re.MULTILINE)
_SIDE: Final = re.compile(r"^-- in: (\w+)\n", re.MULTILINE)


def verify(urls: Mapping[str, str], now: datetime) -> dict[str, int]:
    """How many rows break each rule; all zero in a consistent world as of `now`."""
    found: dict[str, int] = {}
    for database, files in FILES.items():
        with psycopg.connect(urls[database]) as connection:
            connection.execute("SELECT set_config('demo.now', %s, false)", [now.isoformat()])
            for file in files:
                for rule, query in _rules(file):
                    found[f"{database}: {rule}"] = _count(connection, query)
    for rule, query in _rules(ACROSS):
        _, one, left, other, right = _SIDE.split(query)
        different = _rows(urls[one], left) ^ _rows(urls[other], right)
        found[f"{one} and {other}: {rule}"] = len(different)
    return found


def _rules(file: str) -> Iterator[tuple[str, str]]:
    """The rules of a file, each with its SQL."""
    _, *parts = _RULE.split((_HERE / file).read_text(encoding="utf-8"))
    return zip(parts[::2], parts[1::2], strict=True)


def _count(connection: psycopg.Connection[Any], query: str) -> int:
    return len(connection.execute(query.encode()).fetchall())


def _rows(url: str, query: str) -> set[bytes]:
    """The rows of a query, as text."""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        command = f"COPY ({query.strip().removesuffix(';')}) TO STDOUT"
        with cursor.copy(command.encode()) as copy:
            return set(b"".join(bytes(part) for part in copy).splitlines())
