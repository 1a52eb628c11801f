"""What reports ask for most, counted once a version and kept in files, a month each.

The SQL is that of the reports themselves. A month is counted again only if a row behind it can
be another one: whatever happens to a ticket or an invoice changes its own row, which is in the
file of the month in which it was submitted or that it bills, and counts on no earlier day.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

import duckdb

from orchestration.publishing.export import partitions, to_parquet
from warehouse.counting import count, end, month_with_margin, periods, prepare
from warehouse.database import make_view, open_database
from warehouse.macros import SUMMARIES, columns_of, counting, definition, macros_for, marts_of
from warehouse.manifest import File, Manifest, Summary, Table
from warehouse.store import Store

MEMORY: Final = "1GB"

_GONE: Final = """
CREATE OR REPLACE TEMP TABLE gone AS
SELECT {columns} FROM read_parquet($files) EXCEPT SELECT {columns} FROM "{mart}"
"""
_REFERRING: Final = """
SELECT 1 FROM read_parquet($files, union_by_name = true)
WHERE {key} IN (SELECT {key} FROM gone) LIMIT 1
"""


def summarise(
    store: Store, tables: Mapping[str, Table], as_of: datetime, before: Manifest | None
) -> tuple[dict[str, Summary], int]:
    """All summaries of these tables, and how many files were written."""
    summaries, written = {}, 0
    with open_database(MEMORY, threads=2) as connection:
        # A macro is made where there is what it reads.
        for mart, table in tables.items():
            make_view(connection, mart, store, table.files)
        prepare(connection, macros_for("".join(map(counting, SUMMARIES))))
        for name in SUMMARIES:
            _show(connection, store, tables, name)
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
    first = _first_to_count(connection, name, store, tables, before)
    known = before.summaries[name].files if before and first else []
    found = [file for file in known if file.partition and file.partition < f"{first:%Y-%m}"]
    written = 0
    for since, until in periods(name, tables, as_of, first):
        rows = count(connection, name, since, until, as_of).to_arrow_reader()
        for month, part in partitions(rows, "day"):
            # Without a row anywhere there is still a file, as readers need its columns.
            if part.num_rows or (until == end(as_of) and not found):
                content = to_parquet(part)
                file, is_new = store.add_file(content)
                found.append(File(file, part.num_rows, len(content), month))
                written += is_new
    return found, written


def _first_to_count(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    store: Store,
    tables: Mapping[str, Table],
    before: Manifest | None,
) -> date | None:
    """The first day of the months that can differ from the last version; None for all."""
    known = before.summaries.get(name) if before else None
    if before is None or known is None or known.definition != definition(name):
        return None
    # What was due or open for an answer then may not be any more.
    changed = {f"{before.as_of:%Y-%m}"}
    dimensions = []
    for mart in marts_of(counting(name)):
        old, new = before.tables.get(mart), tables[mart]
        if old is None or old.columns != new.columns:
            return None
        # The same rows may have been written again.
        months = {month for month, _ in _contents(old) ^ _contents(new)}
        if _is_dimension(mart):
            dimensions += [mart] if months else []
        elif None in months:
            return None
        changed |= {month for month in months if month}
    first = month_with_margin(min(changed))
    if any(
        _says_otherwise(connection, name, mart, store, before.tables[mart], tables, first)
        for mart in dimensions
    ):
        return None
    return first


def _contents(table: Table) -> set[tuple[str | None, str]]:
    return {(file.partition, file.name) for file in table.files}


def _is_dimension(mart: str) -> bool:
    return mart.startswith("dim_")


def _says_otherwise(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    mart: str,
    store: Store,
    old: Table,
    tables: Mapping[str, Table],
    first: date,
) -> bool:
    """Whether rows from before a month can count otherwise, as a dimension has changed.

    They do not when what is read of it is only more than it was, as nothing in a version refers
    to an entry that it has not; nor when no such row refers to what has gone.
    """
    if not all(store.path(file.name).exists() for file in old.files):
        return True
    columns = columns_of(mart, counting(name), old.columns)
    connection.execute(
        _GONE.format(columns=", ".join(columns), mart=mart), {"files": _paths(store, old.files)}
    )
    if not connection.execute("FROM gone LIMIT 1").fetchall():
        return False
    # The first column of every mart is its key, and facts call it by its name.
    key = next(iter(old.columns))
    facts = [
        tables[fact]
        for fact in marts_of(counting(name))
        if not _is_dimension(fact) and key in tables[fact].columns
    ]
    if key not in columns or not facts:
        return True
    earlier = [
        file
        for fact in facts
        for file in fact.files
        if file.partition and file.partition < f"{first:%Y-%m}"
    ]
    referring = _REFERRING.format(key=key)
    return bool(
        earlier and connection.execute(referring, {"files": _paths(store, earlier)}).fetchall()
    )


def _paths(store: Store, files: Iterable[File]) -> list[str]:
    return [str(store.path(file.name)) for file in files]


def _show(
    connection: duckdb.DuckDBPyConnection, store: Store, tables: Mapping[str, Table], name: str
) -> None:
    """Of the dimensions that a summary reads no other column than `_says_otherwise` looks at."""
    sql = counting(name)
    for mart in filter(_is_dimension, marts_of(sql)):
        table = tables[mart]
        make_view(connection, mart, store, table.files, columns_of(mart, sql, table.columns))
