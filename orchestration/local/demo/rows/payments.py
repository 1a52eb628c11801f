"""Rows of what followed an invoice: tries at the provider, postings, reminders and alerts."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from orchestration.local.demo.charges import DECIDED_AFTER, next_try
from orchestration.local.demo.columns import (
    bigints,
    integers,
    joined,
    moments,
    same,
    table,
    texts,
    uuid_texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Draws, Ids, uuid7
from orchestration.local.demo.rows.invoices import CASH, RECEIVABLE, ledger
from orchestration.local.demo.rows.month import DECLINES, Month
from orchestration.local.demo.world import World

_DUNNING: Final = ("running", "recovered", "exhausted")


def payment_rows(world: World, month: Month, cards: Ids, random: Draws) -> Iterator[Batch]:
    """`cards` are the ids of each customer's card."""
    yield _payments(world, month, cards)
    yield _receipts(world, month, random)
    yield _dunning(month)
    yield _declines(world, month, random)
    yield _suspensions(world, month, random)


def _payments(world: World, month: Month, cards: Ids) -> Batch:
    tries, invoice = month.tries, month.tries.invoice
    lasting = month.charges.bad_card[invoice].astype(np.int64)
    owner = world.contracts.customer[month.bills.contract[invoice]]
    written = uuid_texts(tries.id)
    data = table(
        id=uuids(tries.id),
        invoice_id=uuids(month.invoice_id[invoice]),
        attempt=integers(tries.attempt),
        customer_id=uuids(world.customers.id[owner]),
        card_id=uuids(cards[owner]),
        idempotency_key=joined("payment-", written),
        amount_cents=bigints(month.total[invoice]),
        currency=same("USD", len(invoice)),
        status=texts(("declined", "approved"), tries.approved.astype(np.int64)),
        provider_reference=joined("ch_demo_", written),
        decline_code=texts([code for code, _ in DECLINES], lasting, tries.approved),
        created_at=moments(tries.created),
        decided_at=moments(tries.decided),
    )
    return Batch("billing", "payment", data)


def _receipts(world: World, month: Month, random: Draws) -> Batch:
    """Cash against the receivable, of every approved payment."""
    approved = np.flatnonzero(month.tries.approved)
    invoice = month.tries.invoice[approved]
    return ledger(
        world,
        month,
        random,
        cause="payment",
        cause_id=month.tries.id[approved],
        invoice=invoice,
        at=month.tries.decided[approved],
        sides=[(CASH, month.total[invoice]), (RECEIVABLE, -month.total[invoice])],
    )


def _dunning(month: Month) -> Batch:
    charges = month.charges
    which = np.flatnonzero(charges.declined)
    exhausted, paid = charges.exhausted_at[which] > 0, charges.paid[which]
    data = table(
        invoice_id=uuids(month.invoice_id[which]),
        step=integers(charges.declined[which] - 1),
        status=texts(_DUNNING, np.where(paid, 1, np.where(exhausted, 2, 0))),
        started_at=moments(charges.first_at[which] + DECIDED_AFTER),
        next_at=moments(next_try(charges)[which], paid | exhausted),
        updated_at=moments(charges.last_at[which]),
    )
    return Batch("billing", "dunning", data)


def _declines(world: World, month: Month, random: Draws) -> Batch:
    charges = month.charges
    which = np.flatnonzero(charges.declined)
    opened = charges.first_at[which] + DECIDED_AFTER
    paid = charges.paid[which]
    data = table(
        id=uuids(uuid7(opened, random)),
        kind=same("payment_declined", len(which)),
        subject_id=uuids(month.invoice_id[which]),
        customer_id=uuids(month.customer_ids(world)[which]),
        detail=joined(texts(month.number_text, which), " is not paid. ", month.reason(which)),
        status=texts(("open", "closed"), paid.astype(np.int64)),
        created_at=moments(opened),
        closed_at=moments(charges.paid_at[which], ~paid),
    )
    return Batch("billing", "alert", data)


def _suspensions(world: World, month: Month, random: Draws) -> Batch:
    which = np.flatnonzero(month.charges.exhausted_at)
    at = month.charges.exhausted_at[which]
    data = table(
        id=uuids(uuid7(at, random)),
        kind=same("contract_suspended", len(which)),
        subject_id=uuids(world.contracts.id[month.bills.contract[which]]),
        customer_id=uuids(month.customer_ids(world)[which]),
        detail=same("Four reminders were not paid: the contract is suspended.", len(which)),
        status=same("open", len(which)),
        created_at=moments(at),
    )
    return Batch("billing", "alert", data)
