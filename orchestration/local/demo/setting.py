"""What every part of a demo world is built on: size, time, places and the catalogue."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from orchestration.local.demo import draws
from orchestration.local.demo.catalogue import Catalogue, Words, load_catalogue, load_words
from orchestration.local.demo.clocks import NEW_YORK, Clocks, first_of_month, micros
from orchestration.local.demo.draws import Ints
from orchestration.local.demo.places import Places, load_places, market_count
from orchestration.local.demo.size import EXPERTS_A_MARKET, DemoSize

DAYS_AHEAD: Final = 75
"""How far beyond `now` experts' calendars reach."""


@dataclass(frozen=True)
class Setting:
    """Moments are microseconds since 1970; days are counted from the history's first day.

    `zones` is the time zone of each place, by its number in the clocks; 0 is New York's, which
    is also the company's.
    """

    size: DemoSize
    start: int
    now: int
    clocks: Clocks
    places: Places
    zones: Ints
    catalogue: Catalogue
    words: Words

    def draws(self, part: str, number: int = 0) -> draws.Draws:
        return draws.draws(self.size.seed, part, number)

    @cached_property
    def today(self) -> int:
        """The day in New York."""
        return int(self.clocks.local_day(0, self.now))

    @cached_property
    def this_month(self) -> date:
        return first_of_month(self.clocks.date_of(self.today))


def make_setting(size: DemoSize, now: datetime) -> Setting:
    """History begins with the first of the month, `size.months` before this month."""
    today = now.astimezone(ZoneInfo(NEW_YORK)).date()
    first = first_of_month(today, -size.months)
    places = load_places(min(market_count(), size.experts // EXPERTS_A_MARKET))
    names = [NEW_YORK, *sorted({name for name in places.zone if name != NEW_YORK})]
    clocks = Clocks(names, first, today + timedelta(days=DAYS_AHEAD))
    return Setting(
        size=size,
        start=int(clocks.utc(0, 0, 0)),
        now=micros(now),
        clocks=clocks,
        places=places,
        zones=np.array([names.index(name) for name in places.zone]),
        catalogue=load_catalogue(),
        words=load_words(),
    )
