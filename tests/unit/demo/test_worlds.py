"""A whole demo world, drawn without a database."""

import dataclasses
import hashlib
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from orchestration.local.demo.catalogue import load_catalogue
from orchestration.local.demo.drawing import draw
from orchestration.local.demo.size import DemoSize
from orchestration.local.demo.target import ADDED_TO, TABLES
from tests.unit.demo.support import NOON, RATES, SMALL


def digest(size: DemoSize = SMALL, **other: Any) -> str:
    """Of every byte of every row, in order."""
    whole = hashlib.sha256()
    for part in draw(size, other.get("now", NOON), RATES):
        for database, table, data in part.batches:
            whole.update(f"{database}.{table}".encode())
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, data.schema) as writer:
                writer.write_table(data.combine_chunks())
            whole.update(sink.getvalue())
    return whole.hexdigest()


def counts(size: DemoSize = SMALL) -> dict[str, int]:
    rows: dict[str, int] = {}
    for part in draw(size, NOON, RATES):
        for database, table, data in part.batches:
            name = f"{database}.{table}"
            rows[name] = rows.get(name, 0) + data.num_rows
    return rows


def test_the_same_seed_and_moment_give_the_same_bytes() -> None:
    assert digest() == digest()


def test_another_seed_or_moment_gives_another_world() -> None:
    assert digest() != digest(dataclasses.replace(SMALL, seed=8))
    assert digest() != digest(now=NOON + timedelta(minutes=1))


def test_every_table_gets_rows_but_the_vault_without_keys() -> None:
    filled = [*TABLES.items(), *ADDED_TO.items()]
    expected = {f"{database}.{table}" for database, tables in filled for table in tables}
    assert {name for name, count in counts().items() if count} == expected - {"billing.vault_card"}


@pytest.mark.parametrize(
    "size",
    [
        DemoSize(customers=1, experts=4, months=1),
        DemoSize(customers=10, experts=8, months=60),
        DemoSize(customers=20, experts=320, months=1),
        DemoSize(customers=20, experts=8, months=2, tickets_a_year=0),
        DemoSize(customers=400, experts=4, months=1, tickets_a_year=12),
    ],
    ids=["one customer", "five years", "every metro", "hardly a ticket", "too few experts"],
)
def test_extreme_worlds_can_be_drawn(size: DemoSize) -> None:
    rows = counts(size)
    assert rows["customer.account"] == size.customers
    assert rows["sysops.expert"] == size.experts
    assert rows["billing.billing_run"] == size.months


def test_customers_open_three_tickets_a_year_in_the_mean() -> None:
    size = DemoSize(customers=400, experts=24, months=12)
    tickets = counts(size)["sysops.ticket"]
    assert 0.9 < tickets / (400 * 3 * (12 * 30.4 + 20) / 365) < 1.15


def test_the_catalogue_is_complete_in_both_databases() -> None:
    rows = counts()
    kinds = len(load_catalogue().ticket_types)
    assert rows["sysops.ticket_type"] == rows["customer.ticket_type"] == kinds
