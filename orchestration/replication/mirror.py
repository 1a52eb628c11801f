"""Bringing `raw` to the present state of one source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from orchestration.replication import landing, source
from orchestration.replication.landing import Landed
from orchestration.replication.plan import (
    Snapshot,
    Stopped,
    Watermark,
    reading,
    unknown_columns,
)

SOURCES = ("sysops", "billing", "customer")
"""In the order of extraction: what the others tell of customers is in the customer database
before, so that it is read last and knows everybody whom the others name."""


@dataclass
class Mirrored:
    """What one extraction of a source did; `as_of` is the state of the source it shows."""

    source: str
    as_of: datetime
    tables: list[Landed] = field(default_factory=list)
    stopped: list[Stopped] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Columns (`table.column`) that the replicator may read and raw has no place for."""


def mirror(name: str, source_url: str, loader_url: str, *, full: bool = False) -> Mirrored:
    """Land everything that changed in a source since the last time, in one transaction.

    `full` lands every row again.

    Rows, deletions and watermarks become visible together or not at all, so that a crash at
    any point loses and doubles nothing. Raises psycopg.Error when a server cannot be reached.
    """
    with psycopg.connect(loader_url, application_name="squad-replication") as target:
        # Before the snapshot: whoever waited here must not land an older state than is there.
        landing.lock(target, name)
        with source.snapshot(source_url) as (origin, snapshot):
            done = Mirrored(name, snapshot.as_of)
            watermarks = {} if full else landing.watermarks(target, name)
            _land_tables(origin, target, snapshot, watermarks, done)
    if not done.stopped:
        source.forget(source_url, snapshot.low)
    return done


def _land_tables(
    origin: source.Connection,
    target: source.Connection,
    snapshot: Snapshot,
    watermarks: Mapping[str, Watermark],
    done: Mirrored,
) -> None:
    found = source.tables(origin)
    horizon = source.horizon(origin)
    for table, raw in landing.raw_tables(target, done.source).items():
        plan = reading(
            table,
            raw=raw,
            source=found.get(table),
            watermark=watermarks.get(table),
            snapshot=snapshot,
            horizon=horizon,
        )
        if isinstance(plan, Stopped):
            done.stopped.append(plan)
            continue
        done.tables.append(
            landing.land(
                origin, target, source=done.source, raw=raw, reading=plan, snapshot=snapshot
            )
        )
        landing.move_watermark(target, done.source, plan, snapshot)
        done.unknown += [f"{table}.{column}" for column in unknown_columns(raw, found[table])]
