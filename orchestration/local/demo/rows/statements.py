"""Rows of statements: invoices as the customer database was told of them."""

import json

import numpy as np

from orchestration.local.demo.charges import next_try
from orchestration.local.demo.columns import (
    Column,
    bigints,
    integers,
    isoformat,
    joined,
    jsonb,
    listed_json,
    moments,
    numerals,
    same,
    table,
    texts,
    uuid_texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ids
from orchestration.local.demo.rows.month import Month
from orchestration.local.demo.world import World


def statements(world: World, month: Month, cards: Ids) -> Batch:
    """Same id, number, version, state, total and payments as billing's invoice.

    `cards` are the ids of each customer's card.
    """
    listed = [
        json.dumps([[line.description, line.amount_cents] for line in bill.lines])
        for bill in month.bills.bills
    ]
    charges = month.charges
    data = table(
        **month.period(),
        id=uuids(month.invoice_id),
        account_id=uuids(month.customer_ids(world)),
        contract_id=uuids(world.contracts.id[month.bills.contract]),
        number=month.number_text,
        version=integers(month.charges.version),
        status=month.status(),
        total_cents=bigints(month.total),
        currency=same("USD", len(month)),
        lines=jsonb(texts(listed, month.bills.case), len(month)),
        issued_at=moments(month.issued_at),
        reason=month.reason(),
        due_cents=bigints(np.where(month.declined, month.total, 0)),
        settlements=jsonb(_payments(world, month, cards), len(month)),
        next_try_at=moments(next_try(charges), ~month.declined | (charges.exhausted_at > 0)),
    )
    return Batch("customer", "statement", data)


def _payments(world: World, month: Month, cards: Ids) -> Column:
    """Every try to charge an invoice, as billing tells of it."""
    tries, invoice = month.tries, month.tries.invoice
    owner = world.contracts.customer[month.bills.contract[invoice]]
    told = joined(
        '{"kind": "payment", "number": null, "applies_to": null, "id": "',
        uuid_texts(tries.id),
        '", "card_id": "',
        uuid_texts(cards[owner]),
        '", "status": "',
        texts(("declined", "done"), tries.approved.astype(np.int64)),
        '", "at": "',
        isoformat(tries.decided),
        '", "amount_cents": ',
        numerals(month.total[invoice]),
        "}",
    )
    return listed_json(told, invoice, len(month))
