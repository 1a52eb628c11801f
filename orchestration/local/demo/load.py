"""Loading the demo world: drawn once, written into four databases at the same time.

Each database is filled in one transaction that leaves a marker. A load that died is rolled back
by the server; one that died between two commits is completed by the next call, which draws the
same world again and writes what is missing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

import numpy as np
import psycopg

from orchestration.local.demo.cards import issue_cards
from orchestration.local.demo.chunk import live_through
from orchestration.local.demo.copying import Batch, Writer
from orchestration.local.demo.marker import Marker
from orchestration.local.demo.money import TaxRates
from orchestration.local.demo.rows.cards import Encrypt, card_rows
from orchestration.local.demo.rows.catalogue import catalogue_rows
from orchestration.local.demo.rows.customers import (
    Addresses,
    addresses_of,
    contract_rows,
    customer_rows,
)
from orchestration.local.demo.rows.money import money_rows
from orchestration.local.demo.rows.runs import Runs
from orchestration.local.demo.rows.staff import staff_rows
from orchestration.local.demo.rows.surveys import survey_rows
from orchestration.local.demo.rows.tickets import ticket_rows
from orchestration.local.demo.rows.told_customers import told_of_tickets
from orchestration.local.demo.rows.told_staff import told_staff
from orchestration.local.demo.rows.visits import visit_rows
from orchestration.local.demo.setting import make_setting
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import TABLES, DemoRefused, Target, look_at
from orchestration.local.demo.world import World, make_world

PRODUCT_CLASS: Final = "support_plan"
Note = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """Rows written, by database and table; empty for a database that had them before."""

    marker: Marker
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(count for tables in self.counts.values() for count in tables.values())


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
    found = [look_at(name, urls[name]) for name in TABLES]
    marker = _agreed(found, Marker(size, now))
    missing = [target for target in found if target.marker is None]
    writers: dict[str, Writer] = {}
    try:
        for target in missing:
            writers[target.name] = target.open(marker)
        if missing:
            rates = read_rates(urls["billing"])
            for part in draw(marker.demo, marker.now, rates, encrypt, note):
                for batch in part.batches:
                    if batch.database in writers:
                        writers[batch.database].put(batch)
                for name in part.completes & set(writers):
                    writers[name].complete()
        for writer in writers.values():
            writer.join()
    except BaseException:
        for writer in writers.values():
            writer.abandon()
        raise
    return Loaded(marker, {name: writer.counts for name, writer in writers.items()})


class Part(NamedTuple):
    """Some of the rows; the databases in `completes` get no more after it."""

    batches: Iterator[Batch]
    completes: set[str]


def draw(
    size: DemoSize,
    now: datetime,
    rates: TaxRates,
    encrypt: Encrypt | None = None,
    note: Note = lambda _: None,
) -> Iterator[Part]:
    """All rows of a demo world, of all databases, in portions; memory does not grow with time.

    Billing comes first: its indexes are built while tickets are still being drawn.
    """
    world = make_world(make_setting(size, now))
    addresses = addresses_of(world)
    yield Part(_people(world, addresses, rates, encrypt), {"billing"})
    yield Part(_tickets(world, addresses, note), {"customer", "sysops", "analytics"})


def _people(
    world: World, addresses: Addresses, rates: TaxRates, encrypt: Encrypt | None
) -> Iterator[Batch]:
    yield from catalogue_rows(world)
    yield from staff_rows(world)
    yield from customer_rows(world, addresses)
    cards = issue_cards(world)
    yield from card_rows(world, cards, encrypt)
    suspended_at = np.zeros(len(world.contracts), dtype=np.int64)
    yield from money_rows(world, cards, rates, suspended_at)
    yield from contract_rows(world, addresses, suspended_at)


def _tickets(world: World, addresses: Addresses, note: Note) -> Iterator[Batch]:
    runs = Runs(world)
    for chunk in live_through(world):
        yield from ticket_rows(world, addresses, chunk)
        yield from visit_rows(world, chunk, runs)
        yield from survey_rows(world, chunk)
        yield from told_of_tickets(world, chunk)
        yield from told_staff(world, chunk)
        note(f"tickets until number {chunk.tickets.number[-1]}")
    yield runs.rows()


def read_rates(url: str) -> TaxRates:
    """The tax rates that billing's migrations brought."""
    query = "SELECT state, valid_from, rate_millionths FROM tax_rate WHERE product_class = %s"
    rates: dict[str, list[tuple[date, int]]] = {}
    with psycopg.connect(url) as connection:
        for state, valid_from, rate in connection.execute(query, [PRODUCT_CLASS]):
            rates.setdefault(state, []).append((valid_from, rate))
    return rates


def _agreed(found: list[Target], wanted: Marker) -> Marker:
    """The world to load: the one that some databases hold already, if it is of this size."""
    held = {target.name: target.marker for target in found if target.marker is not None}
    if not held:
        return wanted
    marker = next(iter(held.values()))
    if any(other != marker for other in held.values()):
        raise DemoRefused("The databases hold different demo worlds: `squad reset` removes them.")
    if marker.demo != wanted.demo:
        raise DemoRefused(
            f"The databases {', '.join(held)} hold another demo world ({marker.demo}): "
            f"`squad reset` removes it."
        )
    return marker
