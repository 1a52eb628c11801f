"""`squad bench replication`: landing, and building the marts, beside a bare COPY of the same rows.

The yardstick is `COPY TO` piped into `COPY FROM` of the columns that land, table by table, into
empty tables with the same keys and indexes in the same database. A mirror that differs from its
source ends the run. At the end a little changes, and its way to readers is measured (`behind`).
"""

import resource
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from orchestration.local.postgres import throw_away_postgres
from orchestration.replication import landing, source
from orchestration.replication.mirror import SOURCES, mirror
from orchestration.replication.plan import Reading, reading
from orchestration.transforms import build
from tests.benchmarks import behind, business
from tests.benchmarks.report import Report, Wrong, timed
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates

CHANGED = 0.01
BYTES_A_TICKET = 40_000
"""Of the memory that sources, landed rows, marts and what a build puts aside take."""
_BARE = sql.Identifier("pg_temp", "bare")


def run(tickets: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures one number of tickets; raises Wrong when a mirror is not its source."""
    report = Report({"tickets": tickets}, say)
    room = tickets * BYTES_A_TICKET
    with throw_away_postgres(SERVER, room=room) as server, ExitStack() as own:
        templates = Templates(server)
        databases = Databases(templates)
        business.fill(databases, tickets)
        bare = _bare(report, databases)
        _land_at(databases, "now() - interval '1 day'")
        full = landed(databases)
        _land_at(databases, "now()")
        report.add("full_landing_s", round(full, 2))
        report.add("full_landing_to_copy", round(full / bare, 2))
        report.add("landing_without_changes_s", round(landed(databases), 2))
        folder = Path(own.enter_context(tempfile.TemporaryDirectory()))
        built(databases, folder)  # dbt's parsed project is there, and its views
        whole = built(databases, folder, full=True)
        report.add("full_build_s", round(whole, 2))
        report.add("build_without_changes_s", round(built(databases, folder), 2))
        report.add("changed_rows", business.change(databases, CHANGED))
        changed = landed(databases)
        report.add("changed_landing_s", round(changed, 2))
        report.add("changed_to_full_landing", round(changed / full, 3))
        again = built(databases, folder)
        report.add("changed_build_s", round(again, 2))
        report.add("changed_to_full_build", round(again / whole, 2))
        behind.measure(
            report, databases, folder / "published",
            land=lambda: landed(databases), build=lambda: built(databases, folder),
        )  # fmt: skip
        report.add("peak_memory_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
        databases.drop()
        templates.close()
    return report.figures


def _bare(report: Report, databases: Databases) -> float:
    """Seconds of COPY for every table that lands, into tables that are gone afterwards."""
    seconds: list[float] = []
    rows = 0
    for name in SOURCES:
        with (
            psycopg.connect(databases.url("analytics", "warehouse_loader")) as target,
            source.snapshot(databases.url(name, "replicator")) as (origin, snapshot),
        ):
            raw, tables = landing.raw_tables(target, name), source.tables(origin)
            for table, place in raw.items():
                found = reading(
                    table, raw=place, source=tables.get(table), watermark=None,
                    snapshot=snapshot, horizon=0,
                )  # fmt: skip
                if not isinstance(found, Reading):
                    raise Wrong(f"{table} cannot be read: {found.reason}")
                target.execute(
                    sql.SQL("CREATE TEMPORARY TABLE bare (LIKE {} INCLUDING ALL)").format(
                        sql.Identifier("raw", f"{name}__{table}")
                    )
                )
                columns = [sql.Identifier(column) for column in found.expressions]
                with timed(seconds):
                    rows += landing.copy(
                        origin, source.rows_query(found, snapshot), target, lambda: _BARE, columns
                    )
                target.execute("DROP TABLE bare")
            target.rollback()
    report.add("rows", rows)
    report.add("copy_s", round(sum(seconds), 2))
    return sum(seconds)


def _land_at(databases: Databases, moment: str) -> None:
    """What is looked at in rows of the last hour shall not be every row there is: it never is,
    but in the hour after the first landing."""
    [tables] = databases.rows(
        "analytics",
        "SELECT array_agg(format('ALTER TABLE %%s ALTER landed_at SET DEFAULT %%s', "
        "oid::regclass, %s::text)) "
        "FROM pg_class WHERE relnamespace = 'raw'::regnamespace AND relkind = 'r'",
        moment,
    )
    databases.execute("analytics", "; ".join(tables[0]))


def landed(databases: Databases) -> float:
    """Seconds of an extraction of all sources."""
    loader = databases.url("analytics", "warehouse_loader")
    seconds: list[float] = []
    for name in SOURCES:
        with timed(seconds):
            done = mirror(name, databases.url(name, "replicator"), loader)
        if done.stopped or any(table.quarantined for table in done.tables):
            raise Wrong(f"{name} is not mirrored whole: {done}")
        for table in done.tables:
            counts = (
                databases.rows(name, f"SELECT count(*) FROM {table.table}"),
                databases.rows("analytics", f"SELECT count(*) FROM raw.{name}__{table.table}"),
            )
            if counts[0] != counts[1]:
                raise Wrong(f"{table.table} has {counts[0]} rows in {name} and {counts[1]} here.")
    return sum(seconds)


def built(databases: Databases, folder: Path, *, full: bool = False) -> float:
    """Seconds of a build of all marts with their tests: of what changed, or of everything."""
    seconds: list[float] = []
    url = databases.url("analytics", "transformer")
    with timed(seconds):
        results = build.build(url, target_path=folder, threads=2, full=full)
    failed = [one.unique_id for one in results if one.outcome in {"error", "skipped"}]
    if failed:
        raise Wrong(f"Not built: {failed}")
    return sum(seconds)
