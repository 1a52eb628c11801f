"""The demo world as rows: everything that is written into the four databases, in order."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from orchestration.local.demo.cards import issue_cards
from orchestration.local.demo.chunk import live_through
from orchestration.local.demo.copying import Batch
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
from orchestration.local.demo.rows.photos import photo_rows
from orchestration.local.demo.rows.reminders import reminder_rows
from orchestration.local.demo.rows.runs import Runs
from orchestration.local.demo.rows.searches import search_rows
from orchestration.local.demo.rows.staff import staff_rows
from orchestration.local.demo.rows.surveys import survey_rows
from orchestration.local.demo.rows.tickets import ticket_rows
from orchestration.local.demo.rows.told_customers import told_of_tickets
from orchestration.local.demo.rows.told_staff import told_staff
from orchestration.local.demo.rows.visits import visit_rows
from orchestration.local.demo.setting import make_setting
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.world import World, make_world

Note = Callable[[str], None]


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
    yield from search_rows(world)
    yield from staff_rows(world)
    yield from customer_rows(world, addresses)
    cards = issue_cards(world)
    yield from card_rows(world, cards, encrypt)
    suspended_at = np.zeros(len(world.contracts), dtype=np.int64)
    yield from money_rows(world, cards, rates, suspended_at)
    yield from contract_rows(world, addresses, rates, suspended_at)


def _tickets(world: World, addresses: Addresses, note: Note) -> Iterator[Batch]:
    runs = Runs(world)
    for chunk in live_through(world):
        yield from ticket_rows(world, addresses, chunk)
        yield from photo_rows(world, chunk)
        yield from visit_rows(world, chunk, runs)
        yield from survey_rows(world, chunk)
        yield from reminder_rows(world, chunk)
        yield from told_of_tickets(world, chunk)
        yield from told_staff(world, chunk)
        note(f"tickets until number {chunk.tickets.number[-1]}")
    yield runs.rows()
