"""Reading what is published: SQL over the marts of one version, through DuckDB.

    warehouse = Warehouse(Path("var/warehouse"))
    snapshot = warehouse.snapshot()
    snapshot.rows("SELECT status, count(*) AS tickets FROM fct_ticket GROUP BY 1")

A snapshot never changes; asking the warehouse again gives the newest one. Both can be shared
between threads.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from warehouse import counting
from warehouse.database import make_view, open_database
from warehouse.macros import SUMMARIES, definition, view_of
from warehouse.manifest import HeldBack, Manifest, Pin
from warehouse.store import NoSuchVersion, Store

_TABLE = "SELECT 1 FROM duckdb_tables() WHERE table_name = $1"

Parameters = Sequence[Any] | Mapping[str, Any]


class NothingPublished(Exception):
    """No version has been published yet; `held_back` says why, when the builds failed."""

    def __init__(self, held_back: HeldBack | None) -> None:
        why = f" The last build was held back: {held_back.reasons[0]}" if held_back else ""
        super().__init__(f"Nothing has been published yet.{why}")
        self.held_back = held_back


@dataclass(frozen=True)
class Snapshot:
    """One published version, with a view for each mart.

    `held_back` tells of a later build that failed its checks and is not shown, `pin` of
    somebody's decision to stay with this version.
    """

    manifest: Manifest
    held_back: HeldBack | None
    pin: Pin | None
    _database: duckdb.DuckDBPyConnection
    _counting: Lock

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def as_of(self) -> datetime:
        """Everything that was committed in the sources before this moment is in the numbers."""
        return self.manifest.as_of

    @property
    def stored(self) -> frozenset[str]:
        """The summaries that need not be counted, as they were counted the way it is done now."""
        return stored(self.manifest)

    def count(self, summaries: Iterable[str]) -> None:
        """Count what the version lacks of these, once; of many rows that takes minutes."""
        for summary in summaries:
            if summary in self.stored:
                continue
            with self._counting, self.cursor() as cursor:
                if not cursor.execute(_TABLE, [view_of(summary)]).fetchall():
                    counting.keep(cursor, summary, self.manifest.tables, self.as_of)

    def rows(self, query: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """The result of a query, a dictionary a row."""
        with self.cursor() as cursor:
            cursor.execute(query, parameters)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, query: str, parameters: Parameters | None = None) -> Any:
        """The result of a query as a pandas DataFrame."""
        with self.cursor() as cursor:
            return cursor.execute(query, parameters).df()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own for the calling thread; close it after use."""
        cursor = self._database.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor


class Warehouse:
    """The published versions in one folder.

    `memory_limit` is DuckDB's, for one version; `threads` are those of all queries together.
    """

    def __init__(self, folder: Path, *, memory_limit: str = "512MB", threads: int = 2) -> None:
        self._store = Store(folder)
        self._memory_limit, self._threads = memory_limit, threads
        self._lock = Lock()
        self._open: tuple[Manifest, duckdb.DuckDBPyConnection, Lock] | None = None

    def snapshot(self) -> Snapshot:
        """The version shown now. Costs two small file reads unless the version is another one.

        Raises NothingPublished before the first one.
        """
        held_back = self._store.held_back()
        version = self._store.current()
        if version is None:
            raise NothingPublished(held_back)
        with self._lock:
            if self._open is None or self._open[0].version != version:
                manifest = self._store.manifest(version)
                self._open = manifest, self._views(manifest), Lock()
            manifest, database, lock = self._open
        return Snapshot(manifest, held_back, self._store.pin(), database, lock)

    def versions(self) -> list[str]:
        """Every version that is kept, the oldest first."""
        return self._store.versions()

    def history(self) -> list[Manifest]:
        """Every version that is kept, the newest first; one removed meanwhile is left out."""
        found = []
        for version in reversed(self._store.versions()):
            with suppress(NoSuchVersion):
                found.append(self._store.manifest(version))
        return found

    def all_held_back(self) -> list[HeldBack]:
        """The last builds that were held back, the latest first."""
        return self._store.all_held_back()

    def _views(self, manifest: Manifest) -> duckdb.DuckDBPyConnection:
        database = open_database(self._memory_limit, threads=self._threads)
        for name, table in manifest.tables.items():
            make_view(database, name, self._store, table.files)
        for name in stored(manifest):
            make_view(database, view_of(name), self._store, manifest.summaries[name].files)
        return database


def stored(manifest: Manifest) -> frozenset[str]:
    """The summaries of a version that were counted the way it is done now."""
    return frozenset(
        name
        for name in SUMMARIES
        if name in manifest.summaries and manifest.summaries[name].definition == definition(name)
    )
