"""The statements by which one raw table takes what its source gave."""

from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from orchestration.replication.plan import RawTable, Reading
from warehouse import personal_data

Connection = psycopg.Connection[Any]

STAGE: Final = sql.Identifier("pg_temp", "stage")
GONE: Final = sql.Identifier("pg_temp", "gone")
# What can hold words; ids, numbers, dates and times cannot.
_WORDS = ("text", "character varying", "text[]", "jsonb")


class LandedTable:
    """One table of `raw`, with temporary tables for what arrives and for keys that are gone."""

    def __init__(self, connection: Connection, source: str, raw: RawTable, reading: Reading):
        self._connection = connection
        self._names = [sql.Literal(source), sql.Literal(reading.table)]
        self._words = [name for name, kind in raw.columns.items() if kind in _WORDS]
        self._raw = f"{source}__{reading.table}"
        self._noted = raw.noted
        self.name = sql.Identifier("raw", self._raw)
        self.columns = [sql.Identifier(column) for column in reading.expressions]
        self.key = [sql.Identifier(column) for column in reading.key]
        self._key_names = reading.key

    def is_empty(self) -> bool:
        row = self._connection.execute(
            sql.SQL("SELECT NOT EXISTS (SELECT FROM {})").format(self.name)
        ).fetchone()
        return bool(row and row[0])

    def make_stage(self) -> sql.Identifier:
        """An empty table for arriving rows; it is gone when the transaction ends."""
        self._make("stage", self.columns)
        return STAGE

    def make_gone(self) -> sql.Identifier:
        self._make("gone", self.key)
        return GONE

    def drop(self, table: sql.Identifier) -> None:
        self._connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))

    def quarantine(self, table: sql.Identifier) -> int:
        """Move rows that seem to hold personal data out of `table`; only their keys are kept."""
        if not self._words:
            return 0
        words = _joined([sql.Identifier(name) for name in self._words])
        kinds = [
            sql.SQL("WHEN {} ~ {} THEN {}").format(words, sql.Literal(pattern), sql.Literal(kind))
            for kind, pattern in personal_data.PATTERNS.items()
        ]
        return self._run(
            "WITH suspect AS (DELETE FROM {table} "
            "WHERE {words} ~ {hint} AND {words} ~ {pattern} RETURNING *) "
            "INSERT INTO landing.quarantine (source, table_name, key, looks_like) "
            "SELECT {names}, {key}, CASE {kinds} END FROM suspect "
            "ON CONFLICT (source, table_name, key) DO UPDATE "
            "SET looks_like = EXCLUDED.looks_like, found_at = now()",
            table=table,
            words=words,
            hint=sql.Literal(personal_data.HINT),
            pattern=sql.Literal(personal_data.ANY),
            names=_list(self._names),
            key=self._key_as_json("suspect"),
            kinds=sql.SQL(" ").join(kinds),
        )

    def release(self, table: sql.Identifier | None) -> None:
        """Forget that the rows in `table` were in quarantine; None means every row."""
        statement = (
            "DELETE FROM landing.quarantine AS q WHERE (q.source, q.table_name) = ({names})"
            if table is None
            else "DELETE FROM landing.quarantine AS q USING {table} AS t "
            "WHERE (q.source, q.table_name) = ({names}) AND q.key = {key}"
        )
        self._run(
            statement, table=table or STAGE, names=_list(self._names), key=self._key_as_json("t")
        )

    def remove_quarantined(self) -> None:
        """Take out of raw what went into quarantine since it landed."""
        self._run_and_note(
            "DELETE FROM {table} AS t USING landing.quarantine AS q "
            "WHERE (q.source, q.table_name) = ({names}) AND q.key = {key}",
            table=self.name,
            names=_list(self._names),
            key=self._key_as_json("t"),
        )

    def merge(self) -> int:
        """Insert or update from the stage what differs; returns the rows written."""
        excluded = [sql.SQL("EXCLUDED.{}").format(column) for column in self.columns]
        return self._run_and_note(
            "INSERT INTO {table} AS t ({columns}) SELECT {columns} FROM {stage} "
            "ON CONFLICT ({key}) DO UPDATE SET ({columns}, landed_at) = ROW ({excluded}, now()) "
            "WHERE ({old}) IS DISTINCT FROM ({excluded})",
            table=self.name,
            columns=_list(self.columns),
            stage=STAGE,
            key=_list(self.key),
            excluded=_list(excluded),
            old=_list([sql.SQL("t.{}").format(column) for column in self.columns]),
        )

    def delete_absent(self) -> int:
        """Delete what the stage, which holds every row of the source, does not have."""
        return self._run_and_note(
            "DELETE FROM {table} AS t WHERE NOT EXISTS (SELECT FROM {stage} AS s WHERE {same})",
            table=self.name,
            stage=STAGE,
            same=self._same("t", "s"),
        )

    def delete_gone(self) -> int:
        return self._run_and_note(
            "DELETE FROM {table} AS t USING {gone} AS s WHERE {same}",
            table=self.name,
            gone=GONE,
            same=self._same("t", "s"),
        )

    def note_whole(self) -> None:
        """Say that anything in the table may have changed."""
        self._run(
            "INSERT INTO landing.change (table_name) VALUES ({name})", name=sql.Literal(self._raw)
        )

    def analyze(self) -> None:
        """Let the planner know what is there now; autovacuum would come a minute too late."""
        self._run("ANALYZE {table}", table=self.name)

    def _make(self, name: str, columns: list[sql.Identifier]) -> None:
        self._run(
            "CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0",
            name=sql.Identifier(name),
            columns=_list(columns),
            table=self.name,
        )

    def _run_and_note(self, statement: str, **parts: sql.Composable) -> int:
        """Run a statement that writes raw, and note in the same what changed by it.

        An updated row is noted by what it was and by what it is: it may have moved from one
        ticket to another. Returns the rows written.
        """
        sides = [
            (name, sql.Identifier(f"{side}_{number}"), sql.Identifier(side, name))
            for number, name in enumerate(self._noted)
            for side in ("old", "new")
        ]
        given = [sql.SQL("{} AS {}").format(value, label) for _, label, value in sides]
        values = [sql.SQL("({}, {})").format(sql.Literal(name), label) for name, label, _ in sides]
        noted = (
            "SELECT DISTINCT {raw}, note.name, note.id FROM written, "
            "LATERAL (VALUES {values}) AS note (name, id) WHERE note.id IS NOT NULL"
            if self._noted
            else "SELECT {raw}, NULL, NULL::uuid FROM written LIMIT 1"
        )
        raw = sql.Literal(self._raw)
        query = sql.SQL(
            "WITH written AS ({statement} RETURNING {given}), "
            "noted AS (INSERT INTO landing.change (table_name, column_name, id) {noted}) "
            "SELECT count(*) FROM written"
        ).format(
            statement=sql.SQL(statement).format(**parts),
            given=_list(given) if given else sql.SQL("1"),
            noted=sql.SQL(noted).format(raw=raw, values=_list(values)),
        )
        row = self._connection.execute(query).fetchone()
        return row[0] if row else 0

    def _run(self, statement: str, **parts: sql.Composable) -> int:
        return self._connection.execute(sql.SQL(statement).format(**parts)).rowcount

    def _same(self, one: str, other: str) -> sql.Composed:
        pairs = [
            sql.SQL("{} = {}").format(sql.Identifier(one, name), sql.Identifier(other, name))
            for name in self._key_names
        ]
        return sql.SQL(" AND ").join(pairs)

    def _key_as_json(self, table: str) -> sql.Composed:
        pairs = [
            sql.SQL("{}, {}").format(sql.Literal(name), sql.Identifier(table, name))
            for name in self._key_names
        ]
        return sql.SQL("jsonb_build_object({})").format(_list(pairs))


def _list(parts: Sequence[sql.Composable]) -> sql.Composed:
    return sql.Composed(parts).join(", ")


def _joined(columns: list[sql.Identifier]) -> sql.Composed:
    return sql.SQL(r"concat_ws(E'\n', {})").format(_list(columns))
