"""Loading the demo world: drawn once, written into four databases at the same time.

Each database is filled in one transaction that leaves a marker. A load that died is rolled back
by the server; one that died between two commits is completed by the next call, which draws the
same world again and writes what is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import psycopg

from orchestration.local.demo.copying import Writer
from orchestration.local.demo.drawing import Note, Part, draw
from orchestration.local.demo.marker import Marker
from orchestration.local.demo.money import TaxRates
from orchestration.local.demo.rows.cards import Encrypt
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import TABLES, DemoRefused, Target, look_at

PRODUCT_CLASS: Final = "support_plan"


@dataclass(frozen=True)
class Loaded:
    """Rows written, by database and table; empty for a database that had them before."""

    marker: Marker
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(count for tables in self.counts.values() for count in tables.values())


@dataclass(frozen=True)
class Found:
    """The four databases as they are before a load."""

    targets: list[Target]

    @property
    def marker(self) -> Marker | None:
        """The world that some or all of them hold; raises DemoRefused where they disagree."""
        held = [target.marker for target in self.targets if target.marker is not None]
        if any(marker != held[0] for marker in held):
            raise DemoRefused(
                "The databases hold different demo worlds: `squad reset` removes them."
            )
        return held[0] if held else None

    @property
    def occupied(self) -> str | None:
        """A table with rows that are no demo world, None where there is none."""
        for target in self.targets:
            if target.occupied is not None:
                return f"{target.occupied} of the database {target.name}"
        return None


def look(urls: Mapping[str, str]) -> Found:
    """What the databases hold now; `urls` as for `load`."""
    return Found([look_at(name, urls[name]) for name in TABLES])


def load(
    urls: Mapping[str, str],
    size: DemoSize,
    now: datetime,
    *,
    encrypt: Encrypt | None = None,
    note: Note = lambda _: None,
) -> Loaded:
    """Fill the freshly migrated databases; `urls` are for a role that owns the tables.

    Where all of them hold this world already nothing is done; where some do, the others get the
    rest of that same world, as of its own `now`.

    Raises:
        DemoRefused: other rows, or another demo world, are there.
    """
    found = look(urls)
    marker = _agreed(found, Marker(size, now))
    missing = [target for target in found.targets if target.marker is None]
    if not missing:
        return Loaded(marker)
    writers: dict[str, Writer] = {}
    try:
        for target in missing:
            writers[target.name] = target.open(marker)
        billing = next(target.url for target in found.targets if target.name == "billing")
        _write(writers, draw(marker.demo, marker.now, read_rates(billing), encrypt, note))
        for writer in writers.values():
            writer.join()
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        raise
    return Loaded(marker, {name: writer.counts for name, writer in writers.items()})


def _write(writers: Mapping[str, Writer], parts: Iterator[Part]) -> None:
    """Hand the rows to the databases that lack them."""
    for part in parts:
        for batch in part.batches:
            if batch.database in writers:
                writers[batch.database].put(batch)
        for name in part.completes & set(writers):
            writers[name].complete()


def read_rates(url: str) -> TaxRates:
    """The tax rates that billing's migrations brought."""
    query = "SELECT state, valid_from, rate_millionths FROM tax_rate WHERE product_class = %s"
    rates: dict[str, list[tuple[date, int]]] = {}
    with psycopg.connect(url) as connection:
        for state, valid_from, rate in connection.execute(query, [PRODUCT_CLASS]):
            rates.setdefault(state, []).append((valid_from, rate))
    return rates


def _agreed(found: Found, wanted: Marker) -> Marker:
    """The world to load: the one that some databases hold already, if it is of this size."""
    if found.occupied is not None:
        raise DemoRefused(
            f"The table {found.occupied} has rows, and they are no demo data: demo data goes into "
            f"empty databases only."
        )
    held = found.marker
    if held is not None and held.demo != wanted.demo:
        raise DemoRefused(
            f"The databases hold another demo world ({held.demo}): `squad reset` removes it."
        )
    return held or wanted
