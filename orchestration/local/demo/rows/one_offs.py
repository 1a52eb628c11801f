"""Rows of one-off charges and credits: one of each waits for the month that is not over yet."""

from collections.abc import Iterator

import numpy as np

from orchestration.local.demo.clocks import EPOCH, HOUR
from orchestration.local.demo.columns import (
    bigints,
    dates,
    moments,
    same,
    table,
    uuids,
    words,
)
from orchestration.local.demo.copying import Batch
from orchestration.local.demo.draws import Ints, uuid7
from orchestration.local.demo.world import World


def one_off_rows(world: World, suspended_at: Ints) -> Iterator[Batch]:
    """For the first two contracts that go on; a world without such has none."""
    contracts, setting = world.contracts, world.setting
    today = setting.clocks.day_of(setting.this_month)
    goes_on = (contracts.start < today) & (contracts.end > today + 31) & (suspended_at == 0)
    chosen = np.flatnonzero(goes_on)[:2]
    if len(chosen) < 2:
        return
    at = np.full(2, setting.now - HOUR)
    month = np.full(2, setting.this_month.toordinal() - EPOCH, dtype=np.int32)
    data = table(
        id=uuids(uuid7(at, setting.draws("one-offs"))),
        contract_id=uuids(contracts.id[chosen]),
        customer_id=uuids(world.customers.id[contracts.customer[chosen]]),
        kind=words(["charge", "credit"]),
        amount_cents=bigints(np.array([4500, 1000])),
        currency=same("USD", 2),
        description=words(["Visit outside the plan", "Goodwill for a late visit"]),
        product_class=words(["visit", "support_plan"]),
        from_period=dates(month),
        created_at=moments(at),
    )
    yield Batch("billing", "one_off", data)
