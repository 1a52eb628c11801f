"""What every contract owes for every closed month, by the live system's own rating."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.billing.calendar import Period
from orchestration.billing.rating import Bill, Case, Plan, content_hash, rate
from orchestration.local.demo.clocks import HOUR, MINUTE, first_of_month
from orchestration.local.demo.draws import Flags, Ids, Ints, letters
from orchestration.local.demo.world import World

TaxRates = Mapping[str, Sequence[tuple[date, int]]]
"""Of each state the rates in millionths, with the first day of each."""

RUN_AT: Final = 6 * HOUR
"""When the run of a month begins, after midnight of the next month's first day in New York."""
ISSUED_AFTER: Final = 2 * MINUTE
_SPAN: Final = 1 << 16
_PAST: Final = 1 << 15
"""Days are shifted by this, so that those before the history count from 0."""


@dataclass(frozen=True)
class MonthOfBills:
    """Parallel arrays, an entry an invoice, in the order of contract ids (that of the numbers).

    `case` says which of `bills` it is. Moments in microseconds.
    """

    period: Period
    contract: Ints
    case: Ints
    bills: list[Bill]
    run_at: int

    def __len__(self) -> int:
        return len(self.contract)

    @property
    def issued_at(self) -> int:
        return self.run_at + ISSUED_AFTER

    def of_bills(self, values: list[int]) -> Ints:
        """A figure of each bill, spread over the invoices."""
        return np.array(values, dtype=np.int64)[self.case] if values else np.zeros(0, np.int64)

    def portions(self, size: int) -> "Iterator[MonthOfBills]":
        """The same month in parts of at most `size` invoices; one empty part for an empty month."""
        for begin in range(0, max(len(self), 1), size):
            part = slice(begin, begin + size)
            yield replace(self, contract=self.contract[part], case=self.case[part])


def closed_months(world: World) -> list[Period]:
    """From the history's first month to the last one that is over in New York."""
    setting = world.setting
    months = range(setting.size.months)
    return [Period(first_of_month(setting.clocks.first, month)) for month in months]


def bill_months(world: World, rates: TaxRates, suspended_at: Ints) -> Iterator[MonthOfBills]:
    """Month by month; `suspended_at` is filled meanwhile, and a suspended contract gets no bill."""
    order = _by_id(world.contracts.id)
    plans = [
        Plan(one.code, one.name, one.price_cents, "USD", one.interval)
        for one in world.setting.catalogue.plans
    ]
    for period in closed_months(world):
        run_at = _run_at(world, period)
        good = (suspended_at == 0) | (suspended_at > run_at)
        contract = order[(_billable(world, period) & good)[order]]
        contract, case, bills = _rated(world, rates, plans, contract, period)
        yield MonthOfBills(period, contract, case, bills, run_at)


def _run_at(world: World, period: Period) -> int:
    """In the night of the first; if that is not over yet, half way between midnight and now."""
    setting = world.setting
    midnight = int(setting.clocks.utc(0, setting.clocks.day_of(period.next.first), 0))
    return midnight + min(RUN_AT, (setting.now - midnight) // 2)


def _billable(world: World, period: Period) -> Flags:
    """Contracts that may have something to bill: a yearly plan only in the month of its start,
    and in the month in which it ends.
    """
    contracts, clocks = world.contracts, world.setting.clocks
    first, last = clocks.day_of(period.first), clocks.day_of(period.last)
    yearly = _yearly(world)[contracts.plan]
    ends = (contracts.end >= first) & (contracts.end <= last)
    started = (np.datetime64(clocks.first) + contracts.start).astype("M8[M]").astype(np.int64)
    in_season = started % 12 == period.first.month - 1
    runs = (contracts.start <= last) & (contracts.end >= first)
    return np.asarray(runs & (~yearly | ends | in_season))


def _yearly(world: World) -> Flags:
    return np.array([one.interval == "year" for one in world.setting.catalogue.plans])


def _rated(
    world: World, rates: TaxRates, plans: list[Plan], contract: Ints, period: Period
) -> tuple[Ints, Ints, list[Bill]]:
    """Contracts with a bill, which one, and the distinct bills."""
    contracts, clocks = world.contracts, world.setting.clocks
    first, last = clocks.day_of(period.first), clocks.day_of(period.last)
    states, state_of = world.setting.places.states
    plan, state = contracts.plan[contract], state_of[contracts.place[contract]]
    # Only the days inside the month matter to a monthly plan, only an end until then to any.
    start = contracts.start[contract]
    start = np.where(_yearly(world)[plan], start, np.maximum(start, first))
    end = contracts.end[contract]
    end = np.where(end <= last, end, _SPAN - _PAST - 1)
    key = ((plan * len(states) + state) * _SPAN + start + _PAST) * _SPAN + end + _PAST
    distinct, where = np.unique(key, return_inverse=True)
    bills: list[Bill] = []
    number = np.full(len(distinct), -1)
    for place, code in enumerate(distinct.tolist()):
        rest, end_day = divmod(code, _SPAN)
        rest, start_day = divmod(rest, _SPAN)
        plan_place, state_place = divmod(rest, len(states))
        ends_on = None if end_day == _SPAN - 1 else clocks.date_of(end_day - _PAST)
        tax = rate_of(rates[states[state_place]], period)
        case = Case(plans[plan_place], tax, clocks.date_of(start_day - _PAST), ends_on)
        bill = rate(case, period)
        if bill is not None and bill.total_cents > 0:
            number[place] = len(bills)
            bills.append(bill)
    billed = number[where] >= 0
    return contract[billed], number[where][billed], bills


def rate_of(rates: Sequence[tuple[date, int]], period: Period) -> int:
    """The newest rate that is valid on the first of the month."""
    return max(one for one in rates if one[0] <= period.first)[1]


def row_hashes(world: World, month: MonthOfBills) -> NDArray[np.uint8]:
    """`rating.row_hash` of every invoice, 32 bytes a row: all their texts are made at once."""
    if not len(month):
        return np.zeros((0, 32), dtype=np.uint8)
    contents = b"".join(content_hash(bill).hex().encode() for bill in month.bills)
    content = np.frombuffer(contents, dtype=np.uint8).reshape(-1, 64)[month.case]
    bar = np.full((len(month), 1), ord("|"), dtype=np.uint8)
    customer = world.customers.id[world.contracts.customer[month.contract]]
    contract = world.contracts.id[month.contract]
    text = np.hstack((letters(contract), bar, letters(customer), bar, content))
    size, data = text.shape[1], text.tobytes()
    digests = (hashlib.sha256(data[at : at + size]).digest() for at in range(0, len(data), size))
    return np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 32)


def _by_id(ids: Ids) -> Ints:
    halves = np.ascontiguousarray(ids).view(">u8").reshape(-1, 2)
    return np.lexsort((halves[:, 1], halves[:, 0]))
