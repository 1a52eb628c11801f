"""Running a report on a connection to the marts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import duckdb

from warehouse.counting import prepare
from warehouse.macros import FOLDER, SUMMARIES, macros_for, summaries_of
from warehouse.read import Snapshot
from warehouse.reports.catalogue import Report
from warehouse.reports.filters import Filters

# The end of a column's name says what it counts.
UNITS: Final[Mapping[str, str]] = {
    "_cents": "cents",
    "_share": "share",
    "share": "share",
    "_hours": "hours",
    "_minutes": "minutes",
    "_km": "km",
}

_CHOICES = (FOLDER / "choices.sql").read_text(encoding="utf-8")


class TooMuch(Exception):
    """A question that does not fit into its reader's memory and disk; the text says what to do."""


@dataclass(frozen=True)
class Column:
    """`unit` is cents, share (0 to 1), hours, minutes or km; empty for counts and words."""

    name: str
    unit: str

    @classmethod
    def named(cls, name: str) -> "Column":
        return cls(name, next((unit for end, unit in UNITS.items() if name.endswith(end)), ""))


@dataclass(frozen=True)
class Table:
    """The answer of one report, in its own order."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Rows by the names of their columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


def run(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    filters: Filters,
    as_of: datetime,
    stored: Iterable[str] = (),
) -> Table:
    """The report as of a moment, on a connection that has the marts and the `stored` summaries."""
    prepare(connection, macros_for(report.sql, stored))
    cursor = connection.execute(report.sql, _values(report, filters, as_of))
    columns = tuple(Column.named(described[0]) for described in cursor.description)
    return Table(columns, cursor.fetchall())


def ask(snapshot: Snapshot, report: Report, filters: Filters) -> Table:
    """The report over a published version; can be called from any thread. Raises TooMuch."""
    try:
        snapshot.count(summaries_of(report.sql))
        with snapshot.cursor() as cursor:
            return run(cursor, report, filters, snapshot.as_of, SUMMARIES)
    except duckdb.OutOfMemoryException as error:
        raise TooMuch(
            f"{report.title}: there is too much to count at once. Choose a shorter period, or a"
            " region."
        ) from error


def choices(snapshot: Snapshot) -> dict[str, dict[str, str]]:
    """For each filter, its values with the words that people read."""
    offered: dict[str, dict[str, str]] = {}
    with snapshot.cursor() as cursor:
        prepare(cursor, macros_for(_CHOICES))
        for name, value, label in cursor.execute(_CHOICES).fetchall():
            offered.setdefault(name, {})[value] = label
    return offered


def _values(report: Report, filters: Filters, as_of: datetime) -> dict[str, Any]:
    values = filters.bound(report.filters)
    return {**values, "as_of": as_of} if "as_of" in report.parameters else values
