"""Every customer's card: a well-known test number, and when it expires."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.local.demo.clocks import MINUTE
from orchestration.local.demo.draws import Ids, Ints, uuid7
from orchestration.local.demo.world import World

APPROVED: Final = ("4242424242424242", "5555555555554444")
DECLINED: Final = "4000000000000002"
NUMBERS: Final = (*APPROVED, DECLINED)
BRANDS: Final = ("visa", "mastercard", "visa")


@dataclass(frozen=True)
class Cards:
    """Parallel arrays, an entry a customer; `number` counts in NUMBERS."""

    id: Ids
    number: Ints
    exp_month: Ints
    exp_year: Ints
    created: Ints

    def __len__(self) -> int:
        return len(self.number)


def issue_cards(world: World) -> Cards:
    """One card a customer; of those who do not pay it is one that the sandbox declines."""
    setting, customers = world.setting, world.customers
    random = setting.draws("cards")
    count = len(customers)
    number = (random.random(count) < 0.4).astype(np.int64)
    number[world.contracts.customer[world.contracts.owes > 0]] = NUMBERS.index(DECLINED)
    created = customers.created + 2 * MINUTE
    return Cards(
        id=uuid7(created, random),
        number=number,
        exp_month=random.integers(1, 13, count),
        exp_year=setting.this_month.year + random.integers(1, 5, count),
        created=created,
    )
