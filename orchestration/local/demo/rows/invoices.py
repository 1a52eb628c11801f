"""Rows of invoices: the run of each month, its invoices and lines, and the first postings."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from orchestration.local.demo.columns import (
    Column,
    bigints,
    bytes_of,
    integers,
    moments,
    same,
    table,
    texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Draws, Ids, Ints, uuid7
from orchestration.local.demo.rows.month import Month
from orchestration.local.demo.world import World

ACCOUNTS: Final = ("receivable", "revenue", "tax", "cash")
RECEIVABLE, REVENUE, TAX, CASH = range(4)
CAUSES: Final = ("invoice", "payment")


def invoice_rows(world: World, month: Month, random: Draws) -> Iterator[Batch]:
    yield _invoices(world, month)
    yield _lines(month)
    yield _postings(world, month, random)


def ledger(
    world: World,
    month: Month,
    random: Draws,
    *,
    cause: str,
    cause_id: Ids,
    invoice: Ints,
    at: Ints,
    sides: list[tuple[int, Ints]],
) -> Batch:
    """Entries of one posting a row of `invoice`; each side is an account and its amounts."""
    count = len(invoice)
    posting = uuid7(at, random)
    row = np.tile(np.arange(count), len(sides))
    account = np.repeat([side[0] for side in sides], count)
    amount = np.concatenate([side[1] for side in sides])
    real = amount != 0
    row, account, amount = row[real], account[real], amount[real]
    owner = invoice[row]
    data = table(
        id=uuids(uuid7(at[row], random)),
        posting_id=uuids(posting[row]),
        posted_at=moments(at[row]),
        account=texts(ACCOUNTS, account),
        amount_cents=bigints(amount),
        currency=same("USD", len(row)),
        cause=same(cause, len(row)),
        cause_id=uuids(cause_id[row]),
        customer_id=uuids(month.customer_ids(world)[owner]),
        invoice_id=uuids(month.invoice_id[owner]),
    )
    return Batch("billing", "ledger_entry", data)


def _invoices(world: World, month: Month) -> Batch:
    bills, count = month.bills, len(month)
    paid = month.charges.paid
    data = table(
        **month.period(),
        id=uuids(month.invoice_id),
        run_id=uuids(np.repeat(month.run_id, count, axis=0)),
        contract_id=uuids(world.contracts.id[bills.contract]),
        customer_id=uuids(month.customer_ids(world)),
        number=bigints(month.number),
        status=month.status(),
        version=integers(month.charges.version),
        currency=same("USD", count),
        subtotal_cents=bigints(month.total - month.tax),
        tax_cents=bigints(month.tax),
        total_cents=bigints(month.total),
        row_hash=bytes_of(month.hashes),
        reason=month.reason(),
        created_at=moments(np.full(count, bills.run_at)),
        issued_at=moments(month.issued_at),
        paid_at=moments(month.charges.paid_at, ~paid),
    )
    return Batch("billing", "invoice", data)


def _lines(month: Month) -> Batch:
    bills = month.bills.bills
    sizes = np.array([len(bill.lines) for bill in bills], dtype=np.int64)
    lines = [line for bill in bills for line in bill.lines]
    case = month.bills.case
    invoice = np.repeat(np.arange(len(month)), sizes[case])
    before = np.cumsum(sizes[case]) - sizes[case]
    position = np.arange(len(invoice)) - before[invoice]
    line = (np.cumsum(sizes) - sizes)[case][invoice] + position
    amounts = np.array([one.amount_cents for one in lines], dtype=np.int64)
    data = table(
        invoice_id=uuids(month.invoice_id[invoice]),
        position=integers(position + 1),
        kind=_pooled([one.kind for one in lines], line),
        description=_pooled([one.description for one in lines], line),
        amount_cents=bigints(amounts[line]),
    )
    return Batch("billing", "invoice_line", data)


def _pooled(pool: list[Any], index: Ints) -> Column:
    return texts(pool, index)


def _postings(world: World, month: Month, random: Draws) -> Batch:
    """The receivable against revenue and tax."""
    return ledger(
        world,
        month,
        random,
        cause="invoice",
        cause_id=month.invoice_id,
        invoice=np.arange(len(month)),
        at=month.issued_at,
        sides=[
            (RECEIVABLE, month.total),
            (REVENUE, month.tax - month.total),
            (TAX, -month.tax),
        ],
    )
