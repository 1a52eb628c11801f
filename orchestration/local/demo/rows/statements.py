"""Rows of statements: invoices as the customer database was told of them."""

import json

from orchestration.local.demo.columns import (
    bigints,
    integers,
    jsonb,
    moments,
    same,
    table,
    texts,
    uuids,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.rows.month import Month
from orchestration.local.demo.world import World


def statements(world: World, month: Month) -> Batch:
    """Same id, number, version, state and total as billing's invoice."""
    listed = [
        json.dumps([[line.description, line.amount_cents] for line in bill.lines])
        for bill in month.bills.bills
    ]
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
    )
    return Batch("customer", "statement", data)
