"""Customers: who they are, where they live, since when."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from orchestration.local.demo.catalogue import Words
from orchestration.local.demo.clocks import DAY, HOUR, MINUTE
from orchestration.local.demo.columns import Column, joined, numerals, replaced, texts
from orchestration.local.demo.draws import Draws, Flags, Floats, Ids, Ints, pick, uuid7
from orchestration.local.demo.logins import CUSTOMERS
from orchestration.local.demo.places import Places
from orchestration.local.demo.setting import Setting

OLDER_SHARE: Final = 0.42
"""Customers from before the history begins, and how long before they came."""
OLDER_DAYS: Final = 1_000
SECOND_ADDRESS_SHARE: Final = 0.04
APARTMENT_SHARE: Final = 0.25
_APARTMENTS: Final = tuple(f"Apt {number}" for number in range(1, 41))


@dataclass(frozen=True)
class Customers:
    """Parallel arrays, an entry a customer, the oldest first; `created` in microseconds.

    `eagerness` is how many tickets a customer opens against the mean of 1. `office` lists the
    customers with a second address, to which the other `office_` arrays belong.
    """

    id: Ids
    created: Ints
    place: Ints
    name: Column
    email: Column
    phone: Column
    by_sms: Flags
    eagerness: Floats
    address_id: Ids
    line1: Column
    line2: Column
    office: Ints
    office_id: Ids
    office_created: Ints
    office_line1: Column

    def __len__(self) -> int:
        return len(self.created)


def settle(setting: Setting) -> Customers:
    """Customers who came before and during the history; more of them in its later months."""
    places, spoken, random = setting.places, setting.words, setting.draws("customers")
    count = setting.size.customers
    created = _arrivals(setting, random)
    place = pick(random, places.population[places.market] * places.weight, count)
    # The named customers live in the middle of the largest markets.
    for number in range(min(len(CUSTOMERS), count)):
        place[number] = places.starts[min(number, len(places.population) - 1)]
    name, email = _names(count, spoken, random)
    office = np.flatnonzero(random.random(count) < SECOND_ADDRESS_SHARE)
    opened = created[office] + random.integers(1, 300, len(office)) * DAY
    opened = np.where(opened < setting.now, opened, created[office] + 20 * MINUTE)
    at_home = random.random(count) >= APARTMENT_SHARE
    return Customers(
        id=uuid7(created, random),
        created=created,
        place=place,
        name=name,
        email=email,
        phone=phones(places, place, random),
        by_sms=random.random(count) < 0.7,
        eagerness=np.minimum(random.gamma(0.75, 1 / 0.75, count), 9.0),
        address_id=uuid7(created + 1_000, random),
        line1=_lines(count, spoken, random),
        line2=texts(_APARTMENTS, random.integers(0, len(_APARTMENTS), count), at_home),
        office=office,
        office_id=uuid7(opened, random),
        office_created=opened,
        office_line1=_lines(len(office), spoken, random),
    )


def phones(places: Places, place: Ints, random: Draws) -> Column:
    """Numbers that nobody has: 555-0100 to 555-0199 of the place's area code."""
    return joined(
        "+1",
        texts(places.area_code, place),
        "55501",
        numerals(random.integers(0, 100, len(place)), 2),
    )


def _arrivals(setting: Setting, random: Draws) -> Ints:
    """By day between 13:00 and 02:00 UTC, which is day and evening all over the country."""
    start, now, count = setting.start, setting.now, setting.size.customers
    older = max(min(count, len(CUSTOMERS)), round(count * OLDER_SHARE))
    before = start - random.random(older) * OLDER_DAYS * DAY
    since = start + random.random(count - older) ** 0.75 * (now - start)
    at = np.concatenate([before, since]).astype(np.int64)
    at = at // DAY * DAY + 13 * HOUR + random.integers(0, 13 * HOUR, count)
    at = np.where(at > now - HOUR, at - 2 * DAY, at)
    return np.sort(at)


def _names(count: int, spoken: Words, random: Draws) -> tuple[Column, Column]:
    first = random.integers(0, len(spoken.first_names), count)
    last = random.integers(0, len(spoken.last_names), count)
    own = np.arange(count)
    names = joined(texts(spoken.first_names, first), " ", texts(spoken.last_names, last))
    lower_first = [word.lower() for word in spoken.first_names]
    lower_last = [word.lower() for word in spoken.last_names]
    emails = joined(
        texts(lower_first, first), ".", texts(lower_last, last), ".", numerals(own), "@example.com"
    )
    named = CUSTOMERS[:count]
    return (
        replaced(names, [one.name for one in named]),
        replaced(emails, [one.email for one in named]),
    )


def _lines(count: int, spoken: Words, random: Draws) -> Column:
    number = numerals(random.integers(1, 2_400, count))
    return joined(
        number, " ", texts(spoken.streets, random.integers(0, len(spoken.streets), count))
    )
