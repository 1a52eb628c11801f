"""A part of a billed month with its ids and numbers, for the rows of billing and of customers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from api.billing.invoices.numbers import SERIES
from orchestration.local.demo.charges import Charges, Tries
from orchestration.local.demo.clocks import EPOCH
from orchestration.local.demo.columns import Column, dates, joined, numerals, texts
from orchestration.local.demo.draws import Flags, Ids, Ints
from orchestration.local.demo.money import MonthOfBills
from orchestration.local.demo.world import World

STATUSES: Final = ("paid", "declined")
DECLINES: Final = (
    ("insufficient_funds", "The card has insufficient funds."),
    ("card_declined", "The card was declined."),
)
"""Code and words of a passing decline, and of a lasting one."""


@dataclass(frozen=True)
class Month:
    """Parallel arrays, an entry an invoice; `first_number` is that of the first one."""

    bills: MonthOfBills
    hashes: NDArray[np.uint8]
    """Row hashes, 32 bytes each."""
    charges: Charges
    tries: Tries
    run_id: Ids
    invoice_id: Ids
    first_number: int

    def __len__(self) -> int:
        return len(self.bills)

    @property
    def issued_at(self) -> Ints:
        return np.full(len(self), self.bills.issued_at)

    @cached_property
    def number(self) -> Ints:
        return self.first_number + np.arange(len(self))

    @cached_property
    def number_text(self) -> Column:
        """As `api.billing.invoices.numbers.number_text` writes it."""
        return joined(f"{SERIES}-", numerals(self.number, 8))

    @cached_property
    def total(self) -> Ints:
        return self.bills.of_bills([bill.total_cents for bill in self.bills.bills])

    @cached_property
    def tax(self) -> Ints:
        return self.bills.of_bills([bill.tax_cents for bill in self.bills.bills])

    @cached_property
    def declined(self) -> Flags:
        """Not paid until now."""
        return ~self.charges.paid

    def status(self) -> Column:
        return texts(STATUSES, self.declined.astype(np.int64))

    def reason(self, which: Ints | None = None) -> Column:
        """Why an invoice is not paid, NULL where it is; with `which`, why those once were not."""
        lasting = self.charges.bad_card.astype(np.int64)
        told = [text for _, text in DECLINES]
        if which is not None:
            return texts(told, lasting[which])
        return texts(told, lasting, ~self.declined)

    def customer_ids(self, world: World) -> Ids:
        return world.customers.id[world.contracts.customer[self.bills.contract]]

    def period(self) -> dict[str, Any]:
        """First and last day, the same for all."""
        span = self.bills.period
        return {
            name: dates(np.full(len(self), (day.toordinal() - EPOCH), dtype=np.int32))
            for name, day in (("period_start", span.first), ("period_end", span.last))
        }
