"""`squad bench reports`: every query behind every page, beside a bare DuckDB over the same files.

Publishing is measured on the way. Above `PIPELINE` tickets a smaller business goes through the
whole pipeline, and its published files are multiplied (`multiplied`). The yardstick runs the
same SQL on a connection of its own, with DuckDB's own settings; an answer that differs ends the
run.
"""

import gc
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from orchestration.local.postgres import throw_away_postgres
from orchestration.publishing.marts import described
from orchestration.publishing.publish import publish
from orchestration.transforms.project import load
from tests.benchmarks import business
from tests.benchmarks.multiplied import multiply
from tests.benchmarks.replication import built, landed
from tests.benchmarks.report import Report, Wrong, timed
from tests.benchmarks.server import SERVER
from tests.databases import Databases, Templates
from warehouse import reports
from warehouse.database import make_view
from warehouse.macros import view_of
from warehouse.read import Snapshot, Warehouse
from warehouse.store import Store

ROUNDS = 20
PIPELINE = 50_000
"""The most tickets that go through PostgreSQL."""


def run(tickets: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measures one number of tickets; raises Wrong when two answers differ."""
    report = Report({"tickets": tickets}, say)
    with tempfile.TemporaryDirectory() as folder:
        base, whole = Path(folder, "base"), Path(folder, "whole")
        copies = -(-tickets // PIPELINE)
        _publish(report, min(tickets, PIPELINE), base)
        report.add("multiplied", copies)
        if copies > 1:
            seconds: list[float] = []
            with timed(seconds):
                multiply(base, whole, copies, described(load()))
            report.add("multiply_s", round(seconds[0], 1))
        shown = whole if copies > 1 else base
        for period, filters in _periods(shown).items():
            _queries(report, shown, period, filters)
        _memory(report, str(shown))
    return report.figures


def _publish(report: Report, tickets: int, folder: Path) -> None:
    with throw_away_postgres(SERVER) as server:
        templates = Templates(server)
        databases = Databases(templates)
        business.fill(databases, tickets)
        landed(databases)
        with tempfile.TemporaryDirectory() as parsed:
            built(databases, Path(parsed))
        for name in ("first", "unchanged"):
            seconds: list[float] = []
            with timed(seconds):
                done = publish(
                    databases.url("analytics", "publisher"), Store(folder),
                    described(load()),
                    run_id=name, checks=[], now=datetime.now(UTC), keep=2,
                )  # fmt: skip
            report.add(f"publish_{name}_s", round(seconds[0], 2))
            report.add(f"files_written_{name}", done.written)
            report.add(f"files_kept_{name}", done.kept)
        tables = done.manifest.tables.values()
        report.add("rows", sum(table.rows for table in tables))
        report.add("bytes", sum(table.bytes for table in tables))
        report.add("publish_peak_memory_mb", _peak())
        databases.drop()
        templates.close()


def _periods(folder: Path) -> dict[str, reports.Filters]:
    """What pages begin with, and the widest that they offer."""
    today = Warehouse(folder).snapshot().as_of.date()
    return {
        "usual": reports.Filters(since=today - timedelta(weeks=13), until=today, by="region"),
        "all_time": reports.Filters(grain="month", by="region"),
    }


def _queries(report: Report, folder: Path, period: str, filters: reports.Filters) -> None:
    snapshot = Warehouse(folder, memory_limit="384MB", threads=2).snapshot()
    slowest: dict[str, float] = {}
    ratios: dict[str, float] = {}
    with _bare(folder, snapshot) as bare:
        for one in reports.REPORTS:
            ours, theirs = _times(one, snapshot, bare, filters)
            slowest[one.name] = float(np.percentile(ours, 95))
            ratios[one.name] = slowest[one.name] / float(np.percentile(theirs, 95))
    for name in sorted(slowest, key=lambda it: -slowest[it])[:8]:
        report.add(f"{period}_p95_s {name}", round(slowest[name], 3))
    report.add(f"{period}_queries", len(slowest))
    report.add(f"{period}_over_1_s", sum(one > 1 for one in slowest.values()))
    report.add(f"{period}_slowest_p95_s", round(max(slowest.values()), 3))
    worst = max(ratios, key=lambda it: ratios[it])
    report.add(f"{period}_worst_to_bare", round(ratios[worst], 2))
    report.add(f"{period}_worst_is", worst)
    report.add(f"{period}_median_to_bare", round(float(np.median(list(ratios.values()))), 2))


def _times(
    one: reports.Report,
    snapshot: Snapshot,
    bare: duckdb.DuckDBPyConnection,
    filters: reports.Filters,
) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(ROUNDS):
        with timed(ours):
            shown = reports.ask(snapshot, one, filters)
        with timed(theirs), bare.cursor() as cursor:
            answer = reports.run(cursor, one, filters, snapshot.as_of, snapshot.stored)
        if _comparable(shown) != _comparable(answer):
            raise Wrong(f"{one.name} says {shown.rows[:3]}, a bare DuckDB {answer.rows[:3]}.")
    return ours, theirs


def _comparable(table: reports.Table) -> list[list[str]]:
    """In an order of its own; sums of floats depend on how many threads add them."""
    return sorted(
        [f"{it:.9g}" if isinstance(it, float) else repr(it) for it in row] for row in table.rows
    )


def _bare(folder: Path, snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
    bare, store = duckdb.connect(":memory:"), Store(folder)
    for name, table in snapshot.manifest.tables.items():
        make_view(bare, name, store, table.files)
    for name in snapshot.stored:
        make_view(bare, view_of(name), store, snapshot.manifest.summaries[name].files)
    return bare


def _memory(report: Report, folder: str) -> None:
    """The peak of a process that answers every report once, as the dashboards read them."""
    gc.collect()
    told = subprocess.run(
        [sys.executable, "-c", _ALONE, folder], capture_output=True, text=True, check=True,
        env=dict(os.environ),
    )  # fmt: skip
    report.add("readers_peak_memory_mb", int(told.stdout))


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


_ALONE = """
import sys
from pathlib import Path
from warehouse import reports
from warehouse.database import make_view
from warehouse.macros import view_of
from warehouse.read import Warehouse
import streamlit
snapshot = Warehouse(Path(sys.argv[1]), memory_limit="384MB", threads=2).snapshot()
for one in reports.REPORTS:
    reports.ask(snapshot, one, reports.Filters())
status = Path("/proc/self/status").read_text()
print(next(int(it.split()[1]) for it in status.splitlines() if it.startswith("VmHWM")) // 1024)
"""
