"""When which customer opens which kind of ticket."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.local.demo.clocks import HOUR, MINUTE, SECOND
from orchestration.local.demo.contracts import NEVER, Contracts
from orchestration.local.demo.draws import Draws, Flags, Floats, Ids, Ints, pick, shares, uuid7
from orchestration.local.demo.people import Customers
from orchestration.local.demo.setting import Setting
from orchestration.local.demo.size import SCALE_CUSTOMERS

CHUNK: Final = 25_000
"""Tickets that are drawn and written at once."""
FIRST_NUMBER: Final = 100_001
DAYS_BEFORE_LEAVING: Final = 28
"""Who is about to leave opens no ticket: none outlives its contract."""
PHONE_SHARE: Final = 0.3
WITH_PREFERENCE_SHARE: Final = 0.12
SINCE_LAST_RUN: Final = 10 * MINUTE
"""How long ago the last assignment run was, and so how long the newest tickets have waited."""
FRESH: Final = 6
"""Tickets submitted since the last run, and as many that it proposed: `now` is never empty."""

_MONTH = np.array([1.12, 1.0, 0.96, 0.95, 0.95, 1.0, 1.08, 1.06, 0.98, 0.97, 1.06, 1.14])
_WEEKDAY = np.array([1.35, 1.2, 1.1, 1.05, 1.0, 0.75, 0.55])
_HOUR = np.array(
    [1, 0.6, 0.4, 0.3, 0.3, 0.6, 1.5, 3, 5, 6.5, 7, 7, 6.5, 6, 6, 6, 6, 6.5, 7, 7, 6.5, 5, 3.5, 2]
)


@dataclass(frozen=True)
class Tickets:
    """Parallel arrays, an entry a ticket, by time of submission.

    `description` counts among the ticket type's; `fresh` marks those of the last hour that are
    there so that the world at `now` has work waiting: 1 waits, 2 is proposed by the last run.
    """

    id: Ids
    number: Ints
    contract: Ints
    customer: Ints
    plan: Ints
    place: Ints
    zone: Ints
    kind: Ints
    description: Ints
    submitted: Ints
    by_phone: Flags
    prefers: Flags
    fresh: Ints

    def __len__(self) -> int:
        return len(self.number)


def last_run(setting: Setting) -> int:
    """When the assignment job ran last; it ran hourly before."""
    return setting.now - SINCE_LAST_RUN


def chunks(setting: Setting, customers: Customers, contracts: Contracts) -> Iterator[Tickets]:
    """All tickets by time, about CHUNK at once."""
    arrivals = _Arrivals(setting, customers, contracts)
    counts = arrivals.counts()
    number, begin = FIRST_NUMBER, 0
    while begin < len(counts):
        end = begin + 1
        while end < len(counts) and counts[begin : end + 1].sum() <= CHUNK:
            end += 1
        random = setting.draws("tickets", begin)
        drawn = [arrivals.draw(step, int(counts[step]), random) for step in range(begin, end)]
        if end == len(counts):
            drawn.append(_fresh(setting, contracts, random))
        who, when, fresh = (np.concatenate(column) for column in zip(*drawn, strict=True))
        order = np.argsort(when, kind="stable")
        who, when, fresh = who[order], when[order], fresh[order]
        tickets = _described(setting, contracts, who, when, random, number, fresh)
        number += len(tickets)
        begin = end
        yield tickets


@dataclass(frozen=True)
class _Arrivals:
    """Draws who submits a ticket when, step by step: a step is a week, or in a large world a day.

    A world for scale tests has as many tickets a day as a small one in months, and memory is
    bounded by what is drawn at once.
    """

    setting: Setting
    customers: Customers
    contracts: Contracts

    @property
    def days(self) -> int:
        """The days of a step."""
        return 7 if self.setting.size.customers < SCALE_CUSTOMERS else 1

    def counts(self) -> Ints:
        """Tickets of each step since the history began, by active contracts and season."""
        setting = self.setting
        known = setting.today + 1
        total = round(setting.size.customers * setting.size.tickets_a_year * known / 365)
        weight = np.array([self._weight(first) for first in range(0, known, self.days)])
        return shares(total, weight) if weight.any() else np.zeros(len(weight), dtype=np.int64)

    def draw(self, step: int, count: int, random: Draws) -> tuple[Ints, Ints, Ints]:
        """Contract and moment of the tickets of a step; what would be after `now` is left out."""
        setting, first = self.setting, step * self.days
        active = self._active(first)
        contract = active[pick(random, self._eagerness(active), count)]
        day = first + pick(random, self._weekdays(first), count)
        hour = np.searchsorted(np.cumsum(_HOUR), random.random(count) * _HOUR.sum(), side="right")
        of_day = hour * HOUR + random.integers(0, HOUR, count)
        moment = setting.clocks.utc(setting.zones[self.contracts.place[contract]], day, of_day)
        past = moment < setting.now - MINUTE
        return contract[past], moment[past], np.zeros(int(past.sum()), dtype=np.int64)

    def _weight(self, first: int) -> float:
        month = self.setting.clocks.date_of(first).month
        eager = float(self._eagerness(self._active(first)).sum())
        return eager * float(_MONTH[month - 1] * self._weekdays(first).sum())

    def _weekdays(self, first: int) -> Floats:
        """The weights of a step's days until today."""
        day = np.arange(first, min(first + self.days, self.setting.today + 1))
        return np.asarray(_WEEKDAY[self.setting.clocks.weekday(day) - 1])

    def _eagerness(self, contract: Ints) -> Floats:
        return self.customers.eagerness[self.contracts.customer[contract]]

    def _active(self, day: int) -> Ints:
        """Contracts that run through the step from `day`, and for long enough after it."""
        contracts, end = self.contracts, day + self.days + DAYS_BEFORE_LEAVING
        pays = (contracts.owes == 0) | (end < self.setting.today - 70)
        return np.flatnonzero((contracts.start < day) & (contracts.end > end) & pays)


def _fresh(setting: Setting, contracts: Contracts, random: Draws) -> tuple[Ints, Ints, Ints]:
    """Tickets of the last hour: some wait, some were proposed by the last run."""
    settled = (contracts.end == NEVER) & (contracts.start < setting.today - 30)
    able = np.flatnonzero(settled & (contracts.owes == 0))
    count = FRESH if len(able) else 0
    who = able[random.integers(0, max(len(able), 1), 2 * count)]
    waiting = setting.now - random.integers(MINUTE, SINCE_LAST_RUN - MINUTE, count)
    proposed = last_run(setting) - random.integers(5 * MINUTE, 50 * MINUTE, count)
    return who, np.concatenate([waiting, proposed]), np.repeat([1, 2], count)


def _described(
    setting: Setting, contracts: Contracts, contract: Ints, submitted: Ints, random: Draws,
    number: int, fresh: Ints,
) -> Tickets:  # fmt: skip
    count = len(contract)
    place = contracts.place[contract]
    zone = setting.zones[place]
    local = setting.clocks.local(zone, submitted)
    hour = local % (24 * HOUR) // HOUR
    kind = _kinds(setting, contracts.plan[contract], local // (24 * HOUR), random)
    choices = np.array([len(one.descriptions) for one in setting.catalogue.ticket_types])
    return Tickets(
        id=uuid7(submitted, random),
        number=number + np.arange(count),
        contract=contract,
        customer=contracts.customer[contract],
        plan=contracts.plan[contract],
        place=place,
        zone=zone,
        kind=kind,
        description=random.integers(0, choices[kind]),
        submitted=submitted,
        by_phone=(random.random(count) < PHONE_SHARE) & (hour >= 8) & (hour < 20),
        prefers=random.random(count) < WITH_PREFERENCE_SHARE,
        fresh=fresh,
    )


def _kinds(setting: Setting, plan: Ints, day: Ints, random: Draws) -> Ints:
    """Ticket types that the plan covers, by the season of the month."""
    first, last = int(day.min(initial=0)), int(day.max(initial=0))
    month_of = np.array([setting.clocks.date_of(one).month for one in range(first, last + 1)])
    month = month_of[day - first]
    kind = np.zeros(len(plan), dtype=np.int64)
    for one in range(len(setting.catalogue.plans)):
        for season in np.unique(month[plan == one]):
            here = (plan == one) & (month == season)
            weights: Floats = setting.catalogue.type_weights(one, int(season))
            kind[here] = pick(random, weights, int(here.sum()))
    return kind


OPENED_WITHIN: Final = 2 * SECOND
"""How long the way from the customer's database to sysops took."""
