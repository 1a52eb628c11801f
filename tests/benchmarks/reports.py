"""`squad bench reports`: every query behind every page, beside a bare DuckDB over the same files.

Publishing is measured on the way. Above `PIPELINE` tickets a smaller business goes through the
whole pipeline, and its published files are multiplied (`multiplied`). The yardstick runs the
same SQL on a connection of its own, with DuckDB's own settings; an answer that differs ends the
run.
"""

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
import msgspec
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

ROUNDS, LEAST, SECONDS = 20, 5, 4.0
"""A query is asked so many times, or at least so many when that takes longer."""

PIPELINE = 20_000
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
    """Each query's 95th percentile, as a multiple of the yardstick's, and its peak of memory."""
    snapshot = Warehouse(folder, memory_limit="384MB", threads=2).snapshot()
    peaks = _peaks(folder, filters)
    p95: dict[str, float] = {}
    ratios: dict[str, float] = {}
    with _bare(folder, snapshot) as bare:
        for one in reports.REPORTS:
            ours, theirs = _times(one, snapshot, bare, filters)
            p95[one.name] = float(np.percentile(ours, 95))
            ratios[one.name] = p95[one.name] / float(np.percentile(theirs, 95))
            report.add(
                f"{period} {one.name}",
                {
                    "p95_s": round(p95[one.name], 3),
                    "to_bare": round(ratios[one.name], 2),
                    "peak_memory_mb": peaks[one.name],
                },
            )
    report.add(f"{period}_queries", len(p95))
    report.add(f"{period}_over_1_s", sum(one > 1 for one in p95.values()))
    report.add(f"{period}_over_2_times_bare", sum(one > 2 for one in ratios.values()))
    report.add(f"{period}_slowest_p95_s", round(max(p95.values()), 3))
    report.add(f"{period}_worst_to_bare", round(max(ratios.values()), 2))
    report.add(f"{period}_median_to_bare", round(float(np.median(list(ratios.values()))), 2))
    report.add(f"{period}_peak_memory_mb", max(peaks.values()))


def _times(
    one: reports.Report,
    snapshot: Snapshot,
    bare: duckdb.DuckDBPyConnection,
    filters: reports.Filters,
) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    theirs: list[float] = []

    def measured() -> reports.Table:
        with timed(ours):
            return reports.ask(snapshot, one, filters)

    def yardstick() -> reports.Table:
        with timed(theirs), bare.cursor() as cursor:
            return reports.run(cursor, one, filters, snapshot.as_of, snapshot.stored)

    while len(ours) < LEAST or (len(ours) < ROUNDS and sum(ours + theirs) < SECONDS):
        # Whoever comes first reads the files for the other: they take turns.
        sides = (measured, yardstick) if len(ours) % 2 else (yardstick, measured)
        answers = [side() for side in sides]
        if _comparable(answers[0]) != _comparable(answers[1]):
            raise Wrong(f"{one.name} says {answers[0].rows[:3]} and {answers[1].rows[:3]}.")
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


def _peaks(folder: Path, filters: reports.Filters) -> dict[str, int]:
    """MB that a process came to in each query that answers all once, as the dashboards do."""
    asked = msgspec.json.encode(filters).decode()
    told = subprocess.run(
        [sys.executable, "-c", _ALONE, str(folder), asked], capture_output=True, text=True,
        check=True, env=dict(os.environ),
    )  # fmt: skip
    return msgspec.json.decode(told.stdout, type=dict[str, int])


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# Linux forgets the peak of a process when it is told so.
_ALONE = """
import json, sys
from pathlib import Path
import msgspec
import streamlit
from warehouse import reports
from warehouse.read import Warehouse
snapshot = Warehouse(Path(sys.argv[1]), memory_limit="384MB", threads=2).snapshot()
filters = msgspec.json.decode(sys.argv[2], type=reports.Filters)
peaks = {}
for one in reports.REPORTS:
    Path("/proc/self/clear_refs").write_text("5")
    reports.ask(snapshot, one, filters)
    status = Path("/proc/self/status").read_text().splitlines()
    peaks[one.name] = next(int(it.split()[1]) for it in status if it.startswith("VmHWM")) // 1024
print(json.dumps(peaks))
"""
