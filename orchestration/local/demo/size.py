"""How large a demo world is."""

from dataclasses import dataclass
from typing import Final

MAX_CUSTOMERS: Final = 1_000_000
SCALE_CUSTOMERS: Final = 100_000
"""From this size on a world is a load for scale tests."""
EXPERTS_A_MARKET: Final = 4
"""Fewer could not cover every skill twice, and a rejected ticket would have no second expert."""


@dataclass(frozen=True, slots=True)
class DemoSize:
    """What makes one demo world differ from another; the same size and `now` give the same rows.

    `months` of closed history come before the current month. `tickets_a_year` is the mean of a
    customer; some open none, some up to a hundred.
    """

    customers: int = 5_000
    experts: int = 200
    months: int = 24
    seed: int = 2_024
    tickets_a_year: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.customers <= MAX_CUSTOMERS:
            raise ValueError(f"A demo world has 1 to {MAX_CUSTOMERS:,} customers.")
        if not EXPERTS_A_MARKET <= self.experts <= 30_000:
            raise ValueError(f"A demo world has {EXPERTS_A_MARKET} to 30,000 experts.")
        if not 1 <= self.months <= 60:
            raise ValueError("A demo world has 1 to 60 months of history.")
        if not 0 <= self.tickets_a_year <= 12:
            raise ValueError("Customers of a demo world open 0 to 12 tickets a year.")

    @classmethod
    def usual(cls, customers: int, months: int = 24, seed: int = 2_024) -> "DemoSize":
        """The size with as many experts and tickets as this many customers need.

        For scale tests customers open five tickets a year: a million customers 10^7 in two years.
        """
        if customers < SCALE_CUSTOMERS:
            return cls(customers, max(8, min(200, customers // 10)), months, seed)
        return cls(customers, customers // 55, months, seed, tickets_a_year=5.0)
