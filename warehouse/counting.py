"""Counting summaries from rows: at once, or a month at a time where there is much."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import duckdb

from warehouse.macros import counting, macros_for, marts_of, view_of
from warehouse.manifest import Table

AT_ONCE: Final = 500_000
"""Rows of the largest mart of what is counted at once."""

MARGIN: Final = timedelta(days=1)
"""A day of submission is that of the place, and can be one before the day of the moment."""

EVER: Final = "2000-01"
"""The first month of files that do not say theirs."""

AHEAD: Final = timedelta(days=62)
"""An arrival window may lie ahead."""


def prepare(connection: duckdb.DuckDBPyConnection, macros: tuple[str, ...]) -> None:
    """Teach a connection the measures; they are temporary, and its alone."""
    connection.execute("SET TimeZone = 'UTC'")
    for macro in macros:
        connection.execute(macro)


def count(
    connection: duckdb.DuckDBPyConnection, summary: str, since: date, until: date, now: datetime
) -> duckdb.DuckDBPyRelation:
    """A summary's rows of these days, in order."""
    values: dict[str, Any] = {"since": since, "until": until, "now": now}
    return connection.sql(counting(summary), params=values)


def keep(
    connection: duckdb.DuckDBPyConnection,
    summary: str,
    tables: Mapping[str, Table],
    as_of: datetime,
) -> None:
    """Count a summary of a version that lacks it into a table in the place of its view."""
    prepare(connection, macros_for(counting(summary)))
    connection.begin()
    try:
        for place, (since, until) in enumerate(periods(summary, tables, as_of)):
            rows = count(connection, summary, since, until, as_of)
            if place:
                rows.insert_into(view_of(summary))
            else:
                rows.create(view_of(summary))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def periods(
    summary: str, tables: Mapping[str, Table], as_of: datetime, first: date | None = None
) -> Iterator[tuple[date, date]]:
    """The days that a summary is counted of, from the first that can have any, in parts."""
    # A version from before a mart was has none of it: the query will say so.
    read = [tables[mart] for mart in marts_of(counting(summary)) if mart in tables]
    begin, last = first or _begin(read), end(as_of)
    while begin <= last and max((table.rows for table in read), default=0) > AT_ONCE:
        until = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        yield begin, min(until, last)
        begin = until + timedelta(days=1)
    if begin <= last:
        yield begin, last


def month_with_margin(month: str) -> date:
    """The first day of the months on which rows of a month's files (2026-03) can count."""
    return (date.fromisoformat(f"{month}-01") - MARGIN).replace(day=1)


def end(as_of: datetime) -> date:
    """The last day on which something can count."""
    return as_of.date() + AHEAD


def _begin(read: Iterable[Table]) -> date:
    months = [file.partition for table in read for file in table.files if file.partition]
    return month_with_margin(min(months, default=EVER))
