"""What of a table to read and how, decided from what both sides look like; no I/O here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from api.kernel import changes

RANGE = "tstzrange"
_SAME = {"character varying": "text", "character varying[]": "text[]"}
_BOUNDS = {"_start": "lower", "_end": "upper"}

Mode = Literal["full", "changes"]


@dataclass(frozen=True)
class Snapshot:
    """The state of a source that one transaction sees, and which server it is.

    Transactions below `low` had all ended; those from `high` on had not begun. `as_of` is the
    source's clock just before.
    """

    low: int
    high: int
    as_of: datetime
    system_identifier: int
    timeline: int
    database: int


@dataclass(frozen=True)
class SourceTable:
    """A table as its replicator sees it: `file` changes with TRUNCATE, `columns` are types."""

    file: int
    columns: Mapping[str, str]


@dataclass(frozen=True)
class RawTable:
    """A landed table: its mirrored columns with their types, its primary key, and the columns
    by whose values a change of it is noted."""

    columns: Mapping[str, str]
    key: Sequence[str]
    noted: Sequence[str] = ()


@dataclass(frozen=True)
class Watermark:
    """How far a table was landed, and of which server and file that is true."""

    system_identifier: int
    timeline: int
    storage: str
    columns: tuple[str, ...]
    low: int


@dataclass(frozen=True)
class Reading:
    """One table's part of an extraction.

    `expressions` give the raw table's columns in order, in the words of the source. Rows
    written by transactions from `low` on are read; None means every row.
    """

    table: str
    expressions: Mapping[str, str]
    key: Sequence[str]
    storage: str
    low: int | None

    @property
    def mode(self) -> Mode:
        return "full" if self.low is None else "changes"


@dataclass(frozen=True)
class Stopped:
    """A table that cannot be landed as it is now, and why; the others go on."""

    table: str
    reason: str


def expressions(raw: RawTable, source: SourceTable) -> dict[str, str] | str:
    """How to read each raw column from the source, or why that is impossible.

    A range lands as two columns, its start and its end.
    """
    found: dict[str, str] = {}
    for column, wanted in raw.columns.items():
        kind = _same(source.columns.get(column, ""))
        if kind == _same(wanted):
            found[column] = column
            continue
        if kind:
            return f"{column} is {kind} in the source and {wanted} here"
        bound = _bound(column, source)
        if bound is None:
            return f"{column} is no longer in the source, or no longer readable"
        found[column] = bound
    return found


def unknown_columns(raw: RawTable, source: SourceTable) -> list[str]:
    """Columns that the replicator may read and that have no place in raw yet."""
    return [
        name
        for name, kind in source.columns.items()
        if name not in {*raw.columns, changes.COLUMN}
        and not (kind == RANGE and {f"{name}{ending}" for ending in _BOUNDS} <= set(raw.columns))
    ]


def reading(
    table: str,
    *,
    raw: RawTable,
    source: SourceTable | None,
    watermark: Watermark | None,
    snapshot: Snapshot,
    horizon: int,
) -> Reading | Stopped:
    """Decide how one table is read. `horizon` is the transaction below which the source has
    forgotten what was deleted."""
    if source is None:
        return Stopped(table, "it is no longer in the source, or no longer readable")
    found = expressions(raw, source)
    if isinstance(found, str):
        return Stopped(table, found)
    storage = f"{snapshot.database}/{source.file}"
    seen = Watermark(
        snapshot.system_identifier, snapshot.timeline, storage, tuple(raw.columns), snapshot.low
    )
    low = watermark.low if watermark and _continues(watermark, seen, horizon) else None
    return Reading(table, found, raw.key, storage, low)


def _continues(before: Watermark, now: Watermark, horizon: int) -> bool:
    return (
        before.system_identifier == now.system_identifier
        and before.timeline == now.timeline
        and before.storage == now.storage
        and before.columns == now.columns
        and horizon <= before.low <= now.low
    )


def _same(kind: str) -> str:
    return _SAME.get(kind, kind)


def _bound(column: str, source: SourceTable) -> str | None:
    for ending, function in _BOUNDS.items():
        name = column.removesuffix(ending)
        if name != column and source.columns.get(name) == RANGE:
            return f"{function}({name})"
    return None
