"""Rows of invoices: the run of each month, its invoices and lines, and the first postings."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from api.billing.invoices.rules import AUTOMATIC
from orchestration.local.demo.clocks import MINUTE
from orchestration.local.demo.columns import (
    Column,
    bigints,
    bytes_of,
    dates,
    integers,
    moments,
    same,
    table,
    texts,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Draws, Ids, Ints, uuid7
from orchestration.local.demo.rows.month import Month
from orchestration.local.demo.world import World

ACCOUNTS: Final = ("receivable", "revenue", "tax", "cash")
RECEIVABLE, REVENUE, TAX, CASH = range(4)
CAUSES: Final = ("invoice", "payment")


def invoice_rows(world: World, month: Month, random: Draws) -> Iterator[Batch]:
    yield from _run(month, random)
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


def _run(month: Month, random: Draws) -> Iterator[Batch]:
    bills, count = month.bills, len(month)
    last = int(month.charges.first_at.max(initial=bills.issued_at)) + MINUTE
    sealed = np.frombuffer(bills.run_hash(), dtype=np.uint8)[None]
    run_id = uuids(month.run_id)
    acts = (
        ("drafted", bills.run_at, f"{count} drafted, 0 removed."),
        ("approved", bills.run_at + MINUTE, "Inside all tolerances."),
        ("issued", bills.issued_at, f"{count} invoices issued."),
        ("finished", last, "Every invoice was charged or declined."),
    )
    at = np.array([moment for _, moment, _ in acts])
    run = table(
        id=run_id,
        period=dates(np.array([bills.period.first.toordinal() - 719_163], dtype=np.int32)),
        status=same("finished", 1),
        invoices=integers(np.array([count])),
        total_cents=bigints(np.array([month.total.sum()])),
        rows_hash=bytes_of(sealed),
        approved_hash=bytes_of(sealed),
        approved_by=same(AUTOMATIC, 1),
        approved_at=moments(at[1:2]),
        created_at=moments(at[:1]),
        updated_at=moments(at[3:]),
    )
    yield Batch("billing", "billing_run", run)
    events = table(
        id=uuids(uuid7(at, random)),
        run_id=uuids(np.repeat(month.run_id, len(acts), axis=0)),
        at=moments(at),
        actor=same(AUTOMATIC, len(acts)),
        act=words([act for act, _, _ in acts]),
        detail=words([detail for _, _, detail in acts]),
    )
    yield Batch("billing", "run_event", events)


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
        row_hash=bytes_of(bills.hashes),
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
