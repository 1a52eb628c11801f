"""Experts: where they live, what they can do, when they work, how good they are."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestration.local.demo.clocks import DAY, WINDOWS_A_DAY, Clocks
from orchestration.local.demo.columns import Column, joined, replaced, texts
from orchestration.local.demo.draws import Draws, Floats, Ids, Ints, pick, shares, uuid7
from orchestration.local.demo.holidays import Holidays
from orchestration.local.demo.logins import EXPERT
from orchestration.local.demo.places import ROAD_FACTOR, haversine_km
from orchestration.local.demo.setting import Setting
from orchestration.local.demo.size import EXPERTS_A_MARKET

FREE: Final = -1
OFF: Final = -2
WORKING_WEEK: Final = 5


@dataclass(frozen=True)
class Shifts:
    """A weekly pattern: ISO weekdays, and the windows of each; `hours` as the database has it."""

    weekdays: tuple[int, ...]
    windows: tuple[int, ...]
    hours: tuple[int, int]


PATTERNS: Final = (
    Shifts((1, 2, 3, 4, 5), (0, 1, 2, 3), (8, 17)),
    Shifts((2, 3, 4, 5, 6), (0, 1, 2, 3), (8, 17)),
    Shifts((1, 2, 3, 4, 5), (0, 1), (8, 12)),
)
_PATTERN_SHARES: Final = np.array([0.82, 0.13, 0.05])


@dataclass(frozen=True)
class Experts:
    """Parallel arrays, an entry an expert; `quality` is standard normal, higher is better.

    `levels` has a row an expert and a column a skill. `created` in microseconds since 1970.
    """

    id: Ids
    market: Ints
    place: Ints
    latitude: Floats
    longitude: Floats
    zone: Ints
    radius_km: Ints
    levels: Ints
    quality: Floats
    pattern: Ints
    created: Ints
    name: Column
    first_name: Ints

    def __len__(self) -> int:
        return len(self.market)


@dataclass(frozen=True)
class TimeOff:
    """Whole local days off, `days` from `day`; a row a span."""

    expert: Ints
    day: Ints
    days: Ints


def hire(setting: Setting) -> Experts:
    """Experts shared among the markets by population, hired before the history begins."""
    places, catalogue, random = setting.places, setting.catalogue, setting.draws("experts")
    count = setting.size.experts
    markets = len(places.population)
    spare = count - EXPERTS_A_MARKET * markets
    team = EXPERTS_A_MARKET + shares(spare, places.population)
    market = np.repeat(np.arange(markets), team)
    rank = np.arange(count) - np.repeat(np.cumsum(team) - team, team)
    # They live towards the middle of their market: the nearest third of its ZIP codes.
    size = np.diff(places.starts)[market]
    place = places.starts[market] + (random.random(count) ** 2 * np.ceil(size / 3)).astype(int)
    created = setting.start - random.integers(30 * DAY, 900 * DAY, count)
    profiles = np.array([catalogue.levels(one.skills) for one in catalogue.profiles])
    levels = profiles[rank % len(profiles)]
    bump = (random.random(levels.shape) < 0.25) & (levels > 0)
    beside = (random.random(levels.shape) < 0.06) & (levels == 0)
    pattern = pick(random, _PATTERN_SHARES, count)
    first_name = random.integers(0, len(setting.words.first_names), count)
    return Experts(
        id=uuid7(created, random),
        market=market,
        place=place,
        latitude=places.latitude[place],
        longitude=places.longitude[place],
        zone=setting.zones[place],
        radius_km=random.integers(9, 13, count) * 10,
        levels=np.minimum(levels + bump, 5) + 2 * beside,
        quality=random.standard_normal(count),
        # The first of each profile works full weeks, so that every market is served daily.
        pattern=np.where(rank < EXPERTS_A_MARKET, 0, pattern),
        created=created,
        name=_names(setting, first_name, random),
        first_name=first_name,
    )


def _names(setting: Setting, first: Ints, random: Draws) -> Column:
    spoken = setting.words
    last = random.integers(0, len(spoken.last_names), len(first))
    names = joined(texts(spoken.first_names, first), " ", texts(spoken.last_names, last))
    return replaced(names, [EXPERT.name])


def plan_time_off(setting: Setting, experts: Experts) -> TimeOff:
    """Two weeks of vacation a year, from the first to the last day."""
    clocks, random = setting.clocks, setting.draws("time off")
    weeks = clocks.days // 7 - 1
    count = max(1, round(clocks.days / 182))
    monday = (7 - clocks.first.weekday()) % 7
    drawn = random.integers(0, weeks, (len(experts), count))
    # A week drawn twice is one vacation.
    expert, nth = np.nonzero(np.diff(np.sort(drawn), prepend=-1) > 0)
    vacation = monday + 7 * np.sort(drawn)[expert, nth]
    return TimeOff(expert=expert, day=vacation, days=np.full(len(expert), WORKING_WEEK))


def calendar(
    experts: Experts, off: TimeOff, holidays: Holidays, clocks: Clocks
) -> NDArray[np.int16]:
    """A row an expert, a column a slot: FREE, OFF, or the place (>= 0) of a visit."""
    day = np.arange(clocks.days)
    closed = [clocks.day_of(one) for one in holidays if 0 <= clocks.day_of(one) < clocks.days]
    weekly = np.full((len(PATTERNS), clocks.days, WINDOWS_A_DAY), OFF, dtype=np.int16)
    for number, shifts in enumerate(PATTERNS):
        works = np.isin(clocks.weekday(day), shifts.weekdays) & ~np.isin(day, closed)
        weekly[number][np.ix_(np.flatnonzero(works), np.array(shifts.windows))] = FREE
    slots = weekly[experts.pattern]
    for later in range(WORKING_WEEK):
        has = off.days > later
        inside = has & (off.day + later < clocks.days)
        slots[off.expert[inside], off.day[inside] + later] = OFF
    return slots.reshape(len(experts), -1)


def candidates(setting: Setting, experts: Experts, most: int) -> NDArray[np.int32]:
    """The eligible experts of each place and ticket type, nearest first.

    Eligible: every needed skill at its level, and the way by road within the radius (so the
    great-circle distance is too). At most `most`; empty places hold -1.
    """
    places, catalogue = setting.places, setting.catalogue
    random = setting.draws("candidates")
    kinds = len(catalogue.ticket_types)
    table = np.full((len(places.zip), kinds, most), -1, dtype=np.int32)
    skilled = np.all(experts.levels[None] >= catalogue.needed[:, None], axis=2)
    first = np.searchsorted(experts.market, np.arange(len(places.population) + 1))
    for market in range(len(places.population)):
        here = places.of_market(market)
        team = slice(first[market], first[market + 1])
        km = ROAD_FACTOR * haversine_km(
            places.latitude[here, None],
            places.longitude[here, None],
            experts.latitude[None, team],
            experts.longitude[None, team],
        )
        near = km <= experts.radius_km[None, team]
        # Not always the very nearest: visits spread over the team.
        effort = km + random.random(km.shape) * 8
        for kind in range(kinds):
            score = np.where(near & skilled[None, kind, team], effort, np.inf)
            order = np.argsort(score, axis=1)[:, :most]
            found = np.take_along_axis(score, order, axis=1) < np.inf
            table[here, kind, : order.shape[1]] = np.where(found, order + team.start, -1)
    return table
