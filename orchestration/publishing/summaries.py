"""What reports ask for most, counted once a version and kept in files, a month each.

The SQL is that of the reports themselves. A month is counted again only if a row behind it can
be another one: whatever happens to a ticket changes the ticket's own row, which is in the file
of the month in which it was submitted, and counts on no earlier day.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Final

import duckdb

from orchestration.publishing.export import partitions, to_parquet
from warehouse.database import make_view, open_database
from warehouse.macros import SUMMARIES, counting, definition, macros_for, marts_of
from warehouse.manifest import File, Manifest, Summary, Table
from warehouse.reports.running import prepare
from warehouse.store import Store

AT_ONCE: Final = 500_000
"""Tickets of a warehouse that is counted whole; a larger one month by month."""

MARGIN: Final = timedelta(days=1)
"""A day of submission is that of the place, and can be one before the day of the moment."""

MEMORY: Final = "1GB"

AHEAD: Final = timedelta(days=62)
"""An arrival window may lie ahead."""


def summarise(
    store: Store, tables: Mapping[str, Table], as_of: datetime, before: Manifest | None
) -> tuple[dict[str, Summary], int]:
    """All summaries of these tables, and how many files were written."""
    summaries, written = {}, 0
    with _opened(store, tables) as connection:
        for name in SUMMARIES:
            files, new = _files(connection, name, store, tables, as_of, before)
            summaries[name] = Summary(definition(name), files)
            written += new
    return summaries, written


def _files(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    store: Store,
    tables: Mapping[str, Table],
    as_of: datetime,
    before: Manifest | None,
) -> tuple[list[File], int]:
    first = _first_to_count(name, tables, before)
    known = before.summaries[name].files if before and first else []
    found = [file for file in known if file.partition and file.partition < f"{first:%Y-%m}"]
    written = 0
    for since, until in _periods(first or _begin(name, tables, as_of), as_of, tables):
        values = {"since": since, "until": until, "now": as_of}
        rows = connection.sql(counting(name), params=values).to_arrow_reader()
        for month, part in partitions(rows, "day"):
            # Without a row anywhere there is still a file, as readers need its columns.
            if part.num_rows or (until == _end(as_of) and not found):
                content = to_parquet(part)
                file, is_new = store.add_file(content)
                found.append(File(file, part.num_rows, len(content), month))
                written += is_new
    return found, written


def _first_to_count(name: str, tables: Mapping[str, Table], before: Manifest | None) -> date | None:
    """The first day of the months that can differ from the last version; None for all."""
    known = before.summaries.get(name) if before else None
    if before is None or known is None or known.definition != definition(name):
        return None
    # What was due or open for an answer then may not be any more.
    changed = {f"{before.as_of:%Y-%m}"}
    for mart in marts_of(counting(name)):
        old, new = before.tables.get(mart), tables[mart]
        if old is None or old.columns != new.columns:
            return None
        for file in {*old.files} ^ {*new.files}:
            if file.partition is None:
                return None
            changed.add(file.partition)
    return (_first_of(min(changed)) - MARGIN).replace(day=1)


def _begin(name: str, tables: Mapping[str, Table], as_of: datetime) -> date:
    months = [
        file.partition
        for mart in marts_of(counting(name))
        for file in tables[mart].files
        if file.partition
    ]
    first = _first_of(min(months)) if months else as_of.date()
    return (first - MARGIN).replace(day=1)


def _end(as_of: datetime) -> date:
    return as_of.date() + AHEAD


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _periods(
    first: date, as_of: datetime, tables: Mapping[str, Table]
) -> Iterator[tuple[date, date]]:
    """What is counted by one query: all, or a month where there is much."""
    last = _end(as_of)
    while first <= last and tables["fct_ticket"].rows > AT_ONCE:
        until = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        yield first, min(until, last)
        first = until + timedelta(days=1)
    if first <= last:
        yield first, last


@contextmanager
def _opened(store: Store, tables: Mapping[str, Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(MEMORY, threads=2) as connection:
        for name, table in tables.items():
            make_view(connection, name, store, table.files)
        prepare(connection, macros_for(" ".join(map(counting, SUMMARIES))))
        yield connection
