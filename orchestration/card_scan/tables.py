"""Looks through every table of a database, queues and their logs included.

A scanner's login reads nothing: it calls a function of the database's owner that gives out
digits alone (`api/kernel/card_scan.sql`). Tables of another owner are searched by the login of
the role that made them, with the same function in its own session.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import psycopg
from psycopg import sql

from api.kernel.access import scanner_ddl
from api.kernel.database import plain_url
from orchestration.card_scan.findings import Allowed, Finding, Scanned, allowed
from orchestration.card_scan.rules import numbers_of

NUMERIC: Final = ("int8", "numeric", "float8")
MOST: Final = 100
"""Findings that are told of a table: more say nothing new."""

_TABLES = """
SELECT nspname::text, relname::text,
    coalesce(has_table_privilege({reader}, c.oid, 'SELECT')
        AND has_schema_privilege({reader}, n.oid, 'USAGE'), false)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind IN ('r', 'm') AND nspname NOT LIKE 'pg\\_%%' AND nspname <> 'information_schema'
ORDER BY 1, 2
"""
_OWNER = """(
    SELECT proowner FROM pg_proc p JOIN pg_namespace s ON s.oid = pronamespace
    WHERE nspname = 'card_scan' AND proname = 'digit_runs'
)"""
_NUMBERS = """
SELECT attname::text FROM pg_attribute a
JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace
JOIN pg_type t ON t.oid = atttypid
WHERE nspname = %s AND relname = %s AND typname = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Login:
    """A URL, and whose rights find numbers through it: the owner's, or its own."""

    url: str
    rights: Literal["owner", "own"] = "owner"

    @property
    def schema(self) -> str:
        return "card_scan" if self.rights == "owner" else "pg_temp"


def scan_database(
    name: str, logins: Sequence[Login], exceptions: Collection[Allowed] | None = None
) -> Scanned:
    """Every table that one of the logins can look into; the others are told as closed."""
    exceptions = allowed() if exceptions is None else exceptions
    done = Scanned()
    seen: set[tuple[str, str]] = set()
    closed: set[tuple[str, str]] = set()
    for login in logins:
        with psycopg.connect(plain_url(login.url), autocommit=True) as connection:
            connection.execute("SET application_name = 'card-scan'")
            if login.rights == "own":
                connection.execute(scanner_ddl("pg_temp", "INVOKER").encode())
            for schema, table, readable in _tables(connection, login):
                if not readable:
                    closed.add((schema, table))
                elif (schema, table) not in seen:
                    seen.add((schema, table))
                    skipped = _skipped(connection, name, schema, table, exceptions)
                    done.tables += 1
                    done.findings += _found(connection, login, name, (schema, table), skipped)
    if closed := closed - seen:
        # A table that was dropped before its own login came to it, as dbt does, is not closed.
        closed &= _still_there(logins[0])
    done.closed = [f"{name}: {schema}.{table}" for schema, table in sorted(closed)]
    return done


def _still_there(login: Login) -> set[tuple[str, str]]:
    with psycopg.connect(plain_url(login.url), autocommit=True) as connection:
        return {(schema, table) for schema, table, _ in _tables(connection, login)}


def _tables(connection: psycopg.Connection[Any], login: Login) -> list[tuple[str, str, bool]]:
    reader = _OWNER if login.rights == "owner" else "current_user::regrole::oid"
    return [
        (row[0], row[1], row[2])
        for row in connection.execute(_TABLES.format(reader=reader).encode(), ())
    ]


def _skipped(
    connection: psycopg.Connection[Any],
    name: str,
    schema: str,
    table: str,
    exceptions: Collection[Allowed],
) -> list[str]:
    """Columns that are allowed to look like numbers, if that is what they hold."""
    named = {
        it.column for it in exceptions if (it.database, it.table) == (name, f"{schema}.{table}")
    }
    if not named:
        return []
    rows = connection.execute(_NUMBERS, [schema, table, list(NUMERIC)])
    return sorted(named & {row[0] for row in rows})


def _found(
    connection: psycopg.Connection[Any],
    login: Login,
    name: str,
    table: tuple[str, str],
    skipped: list[str],
) -> Iterator[Finding]:
    query = sql.SQL("SELECT * FROM {}(%s, %s, %s)").format(
        sql.Identifier(login.schema, "digit_runs")
    )
    told = 0
    for column, place, digits in connection.execute(query, [*table, skipped]):
        for last4 in numbers_of(digits):
            told += 1
            if told > MOST:
                return
            where = f"{name}: {'.'.join(table)}.{column}, row at {place}"
            yield Finding(where, "column", last4)
