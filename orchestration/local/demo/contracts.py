"""Contracts: which plan, from when, until when, and who does not pay."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from orchestration.local.demo.clocks import HOUR, MINUTE, SECOND
from orchestration.local.demo.draws import Draws, Flags, Floats, Ids, Ints, pick, uuid7
from orchestration.local.demo.people import Customers
from orchestration.local.demo.setting import Setting

NEVER: Final = 1 << 30
"""The last day of a contract that runs."""
CHURN_A_MONTH: Final = 0.016
CHURN_A_YEAR: Final = 0.14
SWITCH_SHARE: Final = 0.25
RETURN_SHARE: Final = 0.10
BAD_PAYER_SHARE: Final = 0.004
_NAMED_PLANS: Final = ("premium-month", "plus-year", "basic-month")
SAM: Final = 2
"""The named customer whose card is declined."""


@dataclass(frozen=True)
class Contracts:
    """Parallel arrays, an entry a contract, in order of creation.

    `start` and `end` are days of the clocks, the last one included, NEVER while it runs.
    `office` is the entry of a second address, -1 for the customer's home. `owes` says for
    how many closed months the card has been declined: 2 for who is suspended since last month, 1
    for whose trouble began this month, 0 for nearly all.
    """

    id: Ids
    customer: Ints
    plan: Ints
    place: Ints
    office: Ints
    created: Ints
    start: Ints
    end: Ints
    owes: Ints

    def __len__(self) -> int:
        return len(self.customer)


def agree(setting: Setting, customers: Customers) -> Contracts:
    """One contract a customer, and further ones of those who switch, return or have an office."""
    random = setting.draws("contracts")
    plan = pick(random, _plan_shares(setting), len(customers))
    codes = [one.code for one in setting.catalogue.plans]
    named = min(len(_NAMED_PLANS), len(customers))
    plan[:named] = [codes.index(code) for code in _NAMED_PLANS[:named]]
    created = customers.created + random.integers(3 * MINUTE, 20 * MINUTE, len(customers))
    first = _Drafts(np.arange(len(customers)), plan, created, np.full(len(customers), -1))
    end = _last_days(setting, first, random)
    end[:named] = NEVER
    again, again_end = _sequels(setting, first, end, random)
    office = _offices(customers, first, end, codes.index("business-month"), random)
    drafts = _Drafts.joined(first, again, office)
    last = np.concatenate([end, again_end, np.full(len(office.customer), NEVER)])
    order = np.argsort(drafts.created, kind="stable")
    return _signed(setting, drafts.taken(order), last[order], customers.place)


@dataclass(frozen=True)
class _Drafts:
    customer: Ints
    plan: Ints
    created: Ints
    office: Ints

    def taken(self, order: Ints) -> "_Drafts":
        return _Drafts(
            self.customer[order], self.plan[order], self.created[order], self.office[order]
        )

    @classmethod
    def joined(cls, *parts: "_Drafts") -> "_Drafts":
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("customer", "plan", "created", "office")
            )
        )


def _signed(setting: Setting, drafts: _Drafts, end: Ints, place_of: Ints) -> Contracts:
    random = setting.draws("signed")
    start = setting.clocks.local_day(0, drafts.created)
    # Bad payers had been good ones for some months.
    settled = start < setting.today - 150
    running = (end == NEVER) & settled
    chosen = random.random(len(end)) < BAD_PAYER_SHARE
    chosen &= ~_yearly(setting)[drafts.plan] & (drafts.customer >= len(_NAMED_PLANS))
    bad = running & (chosen | (drafts.customer == SAM) & (drafts.office < 0))
    return Contracts(
        id=uuid7(drafts.created, random),
        customer=drafts.customer,
        plan=drafts.plan,
        place=place_of[drafts.customer],
        office=drafts.office,
        created=drafts.created,
        start=start,
        end=end,
        owes=np.where(bad, np.where(drafts.customer == SAM, 2, 1 + drafts.customer % 2), 0),
    )


def _plan_shares(setting: Setting) -> Floats:
    return np.array([float(plan.share) for plan in setting.catalogue.plans])


def _yearly(setting: Setting) -> Flags:
    return np.array([plan.interval == "year" for plan in setting.catalogue.plans])


def _last_days(setting: Setting, drafts: _Drafts, random: Draws) -> Ints:
    """Monthly plans end on any day at a constant hazard, yearly ones at the end of a term."""
    clocks = setting.clocks
    start = clocks.local_day(0, drafts.created)
    alive = np.maximum(start, 0)
    life = random.exponential(30.4 / CHURN_A_MONTH, len(start))
    end = alive + 20 + life.astype(np.int64)
    terms = random.geometric(CHURN_A_YEAR, len(start))
    by_year = _yearly(setting)[drafts.plan]
    years = np.ceil((alive - start) / 365.2425).astype(np.int64) + terms
    for at in np.flatnonzero(by_year):
        end[at] = clocks.day_of(_anniversary(clocks.date_of(start[at]), int(years[at]))) - 1
    return np.where(end < setting.today, end, NEVER)


def _sequels(setting: Setting, first: _Drafts, end: Ints, random: Draws) -> tuple[_Drafts, Ints]:
    """Of those who left some had only changed their plan, and some come back after months."""
    ended = np.flatnonzero(end < NEVER)
    kind = random.random(len(ended))
    gap = np.where(kind < SWITCH_SHARE, 1, random.integers(60, 200, len(ended)))
    day = end[ended] + gap
    created = setting.clocks.utc(0, day, random.integers(9 * HOUR, 21 * HOUR, len(ended)))
    again = (kind < SWITCH_SHARE + RETURN_SHARE) & (created < setting.now - HOUR)
    who = ended[again]
    # Another plan than before, by the same shares.
    plans = len(setting.catalogue.plans)
    plan = pick(random, _plan_shares(setting), len(who))
    plan = np.where(plan == first.plan[who], (plan + 1) % plans, plan)
    drafts = _Drafts(who, plan, created[again], np.full(len(who), -1))
    return drafts, _last_days(setting, drafts, random)


def _offices(
    customers: Customers, first: _Drafts, end: Ints, business: int, random: Draws
) -> _Drafts:
    """A contract of its own for half of the second addresses."""
    owner = customers.office
    wanted = random.random(len(owner)) < 0.5
    chosen = np.flatnonzero(wanted & (first.plan[owner] != business) & (end[owner] == NEVER))
    created = customers.office_created[chosen] + 30 * SECOND
    return _Drafts(owner[chosen], np.full(len(chosen), business), created, chosen)


def _anniversary(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
