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

CHUNK: Final = 50_000
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
    """All tickets in order of their weeks, about CHUNK at a time."""
    counts = _weekly_counts(setting, customers, contracts)
    number, begin = FIRST_NUMBER, 0
    while begin < len(counts):
        end = begin + 1
        while end < len(counts) and counts[begin : end + 1].sum() <= CHUNK:
            end += 1
        random = setting.draws("tickets", begin)
        last = end == len(counts)
        who, when, fresh = _submissions(setting, customers, contracts, counts, (begin, end), random)
        if last:
            who, when, fresh = _with_fresh(setting, contracts, (who, when, fresh), random)
        order = np.argsort(when, kind="stable")
        tickets = _described(
            setting, contracts, who[order], when[order], random, number, fresh[order]
        )
        number += len(tickets)
        begin = end
        yield tickets


def _weekly_counts(setting: Setting, customers: Customers, contracts: Contracts) -> Ints:
    """Tickets of each week since the history began, by active contracts and season."""
    weeks = setting.today // 7 + 1
    days = setting.today + 1
    total = round(setting.size.customers * setting.size.tickets_a_year * days / 365)
    weight = np.zeros(weeks)
    for week in range(weeks):
        active = _active(setting, contracts, 7 * week)
        month = setting.clocks.date_of(7 * week).month
        part = min(7, days - 7 * week) / 7
        weight[week] = (
            customers.eagerness[contracts.customer[active]].sum() * _MONTH[month - 1] * part
        )
    return shares(total, weight) if weight.sum() else np.zeros(weeks, dtype=np.int64)


def _active(setting: Setting, contracts: Contracts, day: int) -> Ints:
    """Contracts that run through the week from `day`, and for long enough after it."""
    stays = contracts.end > day + 7 + DAYS_BEFORE_LEAVING
    pays = (contracts.owes == 0) | (day + 7 + DAYS_BEFORE_LEAVING < setting.today - 70)
    return np.flatnonzero((contracts.start < day) & stays & pays)


def _submissions(
    setting: Setting, customers: Customers, contracts: Contracts, counts: Ints,
    weeks: tuple[int, int], random: Draws,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Contract and moment of the tickets of some weeks; what would be after `now` is left out."""
    who, when = [], []
    by_hour = np.cumsum(_HOUR) / _HOUR.sum()
    for week in range(*weeks):
        active = _active(setting, contracts, 7 * week)
        count = int(counts[week])
        contract = active[pick(random, customers.eagerness[contracts.customer[active]], count)]
        first = setting.clocks.weekday(np.array(7 * week)) - 1
        known = min(7, setting.today + 1 - 7 * week)
        day = 7 * week + pick(random, np.roll(_WEEKDAY, -int(first))[:known], count)
        hour = np.searchsorted(by_hour, random.random(count), side="right")
        of_day = hour * HOUR + random.integers(0, HOUR, count)
        who.append(contract)
        when.append(setting.clocks.utc(setting.zones[contracts.place[contract]], day, of_day))
    contracts_, moments = np.concatenate(who), np.concatenate(when)
    past = moments < setting.now - MINUTE
    return contracts_[past], moments[past], np.zeros(int(past.sum()), dtype=np.int64)


def _with_fresh(
    setting: Setting, contracts: Contracts, known: tuple[Ints, Ints, Ints], random: Draws
) -> tuple[Ints, Ints, Ints]:
    settled = (
        (contracts.end == NEVER) & (contracts.start < setting.today - 30) & (contracts.owes == 0)
    )
    able = np.flatnonzero(settled)
    if not len(able):
        return known
    who = able[random.integers(0, len(able), 2 * FRESH)]
    waiting = setting.now - random.integers(MINUTE, SINCE_LAST_RUN - MINUTE, FRESH)
    proposed = last_run(setting) - random.integers(5 * MINUTE, 50 * MINUTE, FRESH)
    return (
        np.concatenate([known[0], who]),
        np.concatenate([known[1], waiting, proposed]),
        np.concatenate([known[2], np.repeat([1, 2], FRESH)]),
    )


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
