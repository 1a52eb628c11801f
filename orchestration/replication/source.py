"""Reading a source: one snapshot for all its tables, by a role that sees no personal column."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from orchestration.replication.plan import Reading, Snapshot, SourceTable

Connection = psycopg.Connection[Any]

_SNAPSHOT = """
SELECT pg_snapshot_xmin(seen)::text::bigint, pg_snapshot_xmax(seen)::text::bigint, now(),
    (pg_control_system()).system_identifier,
    -- The name of the file being written tells the timeline at once, a checkpoint later.
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::integer,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
FROM pg_current_snapshot() AS seen
"""

_TABLES = """
SELECT relname, pg_relation_filenode(c.oid)::bigint,
    array_agg(attname::text ORDER BY attnum),
    array_agg(format_type(atttypid, NULL) ORDER BY attnum)
FROM pg_class AS c
JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND has_column_privilege(c.oid, attnum, 'SELECT')
GROUP BY c.oid, relname
"""


@contextmanager
def snapshot(url: str) -> Iterator[tuple[Connection, Snapshot]]:
    """A read-only transaction that sees one state of the source, and what state that is."""
    with psycopg.connect(url, application_name="squad-replication") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute(_SNAPSHOT).fetchone()
        if row is None:
            raise RuntimeError("the source told nothing about its snapshot")
        yield connection, Snapshot(*row)


def tables(connection: Connection) -> dict[str, SourceTable]:
    """The tables and columns that the replicator may read.

    Asked before any row is read: a TRUNCATE in between is then seen at the next extraction.
    """
    return {
        name: SourceTable(file, dict(zip(columns, types, strict=True)))
        for name, file, columns, types in connection.execute(_TABLES)
    }


def horizon(connection: Connection) -> int:
    """The transaction below which deletions are forgotten."""
    row = connection.execute(
        "SELECT forgotten_before::text::bigint FROM replication.horizon"
    ).fetchone()
    return row[0] if row else 0


def forget(url: str, before: int) -> None:
    """Let the source drop what it keeps for us about transactions below `before`."""
    with psycopg.connect(url, autocommit=True, application_name="squad-replication") as connection:
        connection.execute("SELECT replication.forget(%s::text::xid8)", [before])


def rows_query(reading: Reading, snapshot: Snapshot) -> sql.Composed:
    """The rows to land, as a COPY in PostgreSQL's binary format."""
    columns = [sql.SQL(expression) for expression in reading.expressions.values()]
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(columns), sql.Identifier(reading.table)
    )
    if reading.low is not None:
        query += sql.SQL(" WHERE row_xid >= {} AND row_xid < {}").format(
            _xid(reading.low), _xid(snapshot.high)
        )
    return _copy(query)


def gone_query(reading: Reading, snapshot: Snapshot) -> sql.Composed:
    """The keys of rows deleted since, without those that are there again."""
    table = sql.Identifier(reading.table)
    key = [sql.Identifier(column) for column in reading.key]
    same = [sql.SQL("here.{0} = gone.{0}").format(column) for column in key]
    query = sql.SQL(
        "SELECT DISTINCT {key} FROM replication.tombstone, "
        "jsonb_populate_record(NULL::{table}, tombstone.key) AS gone "
        "WHERE table_name = {name} AND tombstone.row_xid >= {low} AND tombstone.row_xid < {high} "
        "AND NOT EXISTS (SELECT FROM {table} AS here WHERE {same})"
    ).format(
        key=sql.SQL(", ").join([sql.SQL("gone.{}").format(column) for column in key]),
        table=table,
        name=sql.Literal(reading.table),
        low=_xid(reading.low or 0),
        high=_xid(snapshot.high),
        same=sql.SQL(" AND ").join(same),
    )
    return _copy(query)


def _copy(query: sql.Composed) -> sql.Composed:
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(query)


def _xid(number: int) -> sql.Composed:
    return sql.SQL("{}::xid8").format(sql.Literal(str(number)))
