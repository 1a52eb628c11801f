"""Writing what a source gave into `raw`: only what differs, all of it in one transaction."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from orchestration.replication.plan import Mode, RawTable, Reading, Snapshot, Watermark
from orchestration.replication.raw_table import GONE, STAGE, LandedTable
from orchestration.replication.source import gone_query, rows_query

Connection = psycopg.Connection[Any]

# A COPY in binary format that holds no row: header and trailer.
_EMPTY_COPY = 21

_RAW = """
SELECT split_part(relname, '__', 2),
    array_agg(attname::text ORDER BY attnum),
    array_agg(format_type(atttypid, NULL) ORDER BY attnum),
    array_agg(attname::text ORDER BY place) FILTER (WHERE place IS NOT NULL),
    (SELECT coalesce(array_agg(column_name ORDER BY column_name), '{}')
        FROM landing.noted WHERE table_name = relname)
FROM pg_class AS c
JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
JOIN pg_index AS i ON indrelid = c.oid AND indisprimary,
    LATERAL (SELECT array_position(indkey::smallint[], attnum)) AS key (place)
WHERE relnamespace = 'raw'::regnamespace AND relkind = 'r' AND attname <> 'landed_at'
    AND split_part(relname, '__', 1) = %s
GROUP BY c.oid, relname
"""
_WATERMARKS = """
SELECT table_name, system_identifier, timeline, storage, columns, low_xid::text::bigint
FROM landing.watermark WHERE source = %s
"""
_MOVE_WATERMARK = """
INSERT INTO landing.watermark VALUES (%s, %s, %s, %s, %s, %s, %s::text::xid8, %s)
ON CONFLICT (source, table_name) DO UPDATE SET
    system_identifier = EXCLUDED.system_identifier, timeline = EXCLUDED.timeline,
    storage = EXCLUDED.storage, columns = EXCLUDED.columns,
    low_xid = EXCLUDED.low_xid, as_of = EXCLUDED.as_of
"""


@dataclass
class Landed:
    """What became of one table: rows read, and of these inserted or changed, deleted, kept out."""

    table: str
    mode: Mode
    read: int = 0
    written: int = 0
    deleted: int = 0
    quarantined: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.written or self.deleted)


def lock(connection: Connection, source: str) -> None:
    """One landing a source at a time; a second one waits here until the first has committed."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"land {source}"])


def raw_tables(connection: Connection, source: str) -> dict[str, RawTable]:
    """The tables that `raw` has a place for: what is mirrored is what the migrations made."""
    rows = connection.execute(_RAW, [source])
    return {
        name: RawTable(dict(zip(columns, types, strict=True)), tuple(key), tuple(noted))
        for name, columns, types, key, noted in rows
    }


def watermarks(connection: Connection, source: str) -> dict[str, Watermark]:
    rows = connection.execute(_WATERMARKS, [source])
    return {
        table: Watermark(identifier, timeline, storage, tuple(columns), low)
        for table, identifier, timeline, storage, columns, low in rows
    }


def move_watermark(
    connection: Connection, source: str, reading: Reading, snapshot: Snapshot
) -> None:
    connection.execute(
        _MOVE_WATERMARK,
        [
            source, reading.table, snapshot.system_identifier, snapshot.timeline,
            reading.storage, list(reading.expressions), snapshot.low, snapshot.as_of,
        ],
    )  # fmt: skip


def land(
    origin: Connection,
    target: Connection,
    *,
    source: str,
    raw: RawTable,
    reading: Reading,
    snapshot: Snapshot,
) -> Landed:
    """Bring one raw table to the state of the source's snapshot; the caller commits."""
    table = LandedTable(target, source, raw, reading)
    landed = Landed(reading.table, reading.mode)
    rows = rows_query(reading, snapshot)
    if reading.mode == "full":
        table.release(None)
        if table.is_empty():
            landed.read = copy(origin, rows, target, lambda: table.name, table.columns)
            landed.quarantined = table.quarantine(table.name) if landed.read else 0
            landed.written = landed.read - landed.quarantined
            if landed.written:
                table.note_whole()
            table.analyze()
            return landed
        stage = table.make_stage()
        landed.read = copy(origin, rows, target, lambda: stage, table.columns)
        landed.quarantined = table.quarantine(stage)
        landed.written = table.merge()
        landed.deleted = table.delete_absent()
        table.analyze()
    else:
        landed.read = copy(origin, rows, target, table.make_stage, table.columns)
        if landed.read:
            table.release(STAGE)
            landed.quarantined = table.quarantine(STAGE)
            landed.written = table.merge()
        if landed.quarantined:
            table.remove_quarantined()
        gone = gone_query(reading, snapshot)
        if copy(origin, gone, target, table.make_gone, table.key):
            table.release(GONE)
            landed.deleted = table.delete_gone()
    table.drop(STAGE)
    table.drop(GONE)
    return landed


def copy(
    origin: Connection,
    query: sql.Composed,
    target: Connection,
    into: Callable[[], sql.Identifier],
    columns: list[sql.Identifier],
) -> int:
    """Pipe a binary COPY from one server into a table of another; returns the rows.

    `into` is asked for the table only when there is a row.
    """
    with origin.cursor() as reader:
        with reader.copy(query) as out:
            chunks = iter(out)
            first = next(chunks)
            if len(first) > _EMPTY_COPY:
                statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
                    into(), sql.SQL(", ").join(columns)
                )
                with target.cursor() as writer, writer.copy(statement) as sink:
                    sink.write(first)
                    for chunk in chunks:
                        sink.write(chunk)
            else:
                deque(chunks, maxlen=0)  # to its end, or the connection stays in COPY
        return reader.rowcount
