"""From marts to a version that readers see: written, looked at, then shown at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from data_tests.marts import IMPOSSIBLE
from orchestration.publishing.export import Exported, export
from orchestration.publishing.marts import Mart
from orchestration.publishing.months import STAMPS, stamps_of
from orchestration.publishing.summaries import summarise
from warehouse import personal_data
from warehouse.manifest import Check, File, HeldBack, Manifest, Pin
from warehouse.store import Store

_AS_OF = "SELECT min(as_of) FROM marts.dim_landed_table"


class AuditFailed(Exception):
    """The written files do not hold what the marts held, or what no file may; nothing was shown."""


@dataclass(frozen=True)
class Published:
    """A new version. `shown` is False while readers are pinned to an older one; `written`,
    `kept` (of the version before, without reading a row) and `removed` count files."""

    manifest: Manifest
    shown: bool
    written: int
    kept: int
    removed: int


def publish(
    url: str,
    store: Store,
    marts: Mapping[str, Mart],
    *,
    run_id: str,
    checks: Sequence[Check],
    now: datetime,
    keep: int,
) -> Published:
    """Write all marts as one version, and show it.

    Raises AuditFailed, and shows nothing, when the files do not hold what the marts hold, or
    hold what looks like personal data or is impossible.
    """
    with store.writing():
        before = store.newest()
        exported, as_of = _write(url, store, marts, before)
        tables = {name: one.table for name, one in exported.items()}
        summaries, written = summarise(store, tables, as_of, before)
        version = f"{now:%Y%m%dT%H%M%SZ}-{run_id[:8]}"
        manifest = Manifest(version, run_id, as_of, now, tables, list(checks), summaries)
        _audit(store, manifest, before)
        store.add_version(manifest)
        shown = store.pin() is None
        if shown:
            store.switch(version)
            store.clear_held_back()
        return Published(
            manifest,
            shown,
            written=written + sum(one.written for one in exported.values()),
            kept=sum(one.kept for one in exported.values()),
            removed=store.keep_last(keep),
        )


def hold_back(store: Store, run_id: str, reasons: Sequence[str], now: datetime) -> HeldBack:
    """Leave readers with the version they have, and tell them why there is no newer one."""
    held_back = HeldBack(run_id, now, list(reasons))
    store.hold_back(held_back)
    return held_back


def roll_back(store: Store, version: str | None, reason: str, now: datetime) -> Pin:
    """Show an older version, by default the one before, until `release`.

    Later builds are written and checked, and shown to nobody meanwhile. Raises NoSuchVersion.
    """
    with store.writing():
        versions = store.versions()
        if version is None:
            current = store.current()
            version = max((one for one in versions if current and one < current), default="")
        store.switch(version)
        pin = Pin(version, now, reason)
        store.set_pin(pin)
    return pin


def release(store: Store) -> str:
    """Show the newest version again, and what comes after it; returns that version."""
    with store.writing():
        newest = store.versions()[-1]
        store.switch(newest)
        store.remove_pin()
    return newest


def _write(
    url: str, store: Store, marts: Mapping[str, Mart], before: Manifest | None
) -> tuple[dict[str, Exported], datetime]:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        # Before anything is read: a mart that is built whole meanwhile is another table with the
        # same name, and without a row that this transaction could see.
        names = ", ".join(f"marts.{name}" for name in marts)
        cursor.execute(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
        cursor.execute(_AS_OF)
        as_of: datetime = cursor.fetchone()[0]
        cursor.execute(STAMPS)
        stamps = stamps_of(cursor.fetchall())
        tables = before.tables if before else {}
        exported = {
            name: export(cursor, name, mart, store, tables.get(name), stamps.get(name, {}))
            for name, mart in marts.items()
        }
    return exported, as_of


def _audit(store: Store, manifest: Manifest, before: Manifest | None) -> None:
    """Count the rows of every mart again, in the files as readers will open them, and look in
    those that are new for personal data and for what is impossible: every other file was looked
    at when it was new."""
    known = {file.name for file in before.files} if before else set()
    with duckdb.connect(":memory:") as database:
        for name, table in manifest.tables.items():
            rows = _count(database, store, table.files)
            if rows != table.rows:
                raise AuditFailed(f"{name} has {rows} rows in its files and {table.rows} before.")
            new = [file for file in table.files if file.name not in known]
            words = [f'"{column}"' for column, kind in table.columns.items() if kind == "text"]
            if new and words:
                text = f"concat_ws(chr(10), {', '.join(words)})"
                hit = f"regexp_matches({text}, $2) AND regexp_matches({text}, $3)"
                rows = _count(database, store, new, hit, personal_data.HINT, personal_data.ANY)
                if rows:
                    raise AuditFailed(f"{name}: {rows} rows have what looks like personal data.")
            if new and name in IMPOSSIBLE:
                condition, says = IMPOSSIBLE[name]
                if rows := _count(database, store, new, condition):
                    raise AuditFailed(f"{name}: {rows} rows break a promise: {says}.")


def _count(
    database: duckdb.DuckDBPyConnection,
    store: Store,
    files: Sequence[File],
    condition: str = "true",
    *values: str,
) -> int:
    paths = [str(store.path(file.name)) for file in files]
    sql = f"SELECT count(*) FROM read_parquet($1) WHERE {condition}"  # noqa: S608 - our names
    found: Any = database.execute(sql, [paths, *values]).fetchone()
    return int(found[0])
