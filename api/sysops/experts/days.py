"""What one expert can do in a day: so many visits, one after the other, with the way between.

Pure. The assignment job plans days by it; whoever changes an expert or a ticket type calls off
what does not fit any more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from api.messages import Priority
from api.sysops.experts.rules import Rule, distance_km

ARRIVAL_WINDOWS = (
    (time(8), time(10)),
    (time(10), time(12)),
    (time(13), time(15)),
    (time(15), time(17)),
)
"""Local start and end; two hours each."""
MOST_VISITS_A_DAY = 4
"""A day has as many arrival windows, and each takes one visit."""
MOST_DAYS_AHEAD = 15
"""Calendar days that a horizon has at most: runs keep an expert's windows as bits of one number."""
ROAD_FACTOR = 1.3
"""Road distance over great-circle distance, as measured for US road networks (about 1.2-1.4)."""
SPEED_KMH = 60.0
FRIDAY = 5
LEAST_IMPORTANT_FIRST: tuple[Priority, ...] = ("low", "normal", "high", "urgent")


@dataclass(frozen=True)
class Visit:
    """Where and when an expert has to be: a booking that stands, or one that is planned.

    Coordinates in degrees; `work` is how long the visit takes.
    """

    start: datetime
    end: datetime
    latitude: float
    longitude: float
    work: timedelta


@dataclass(frozen=True)
class Booked:
    """A live visit of a day; one that is `fixed` has begun, or is pinned.

    `overridden` are the rules that a manager waived for it.
    """

    assignment_id: UUID
    visit: Visit
    priority: Priority
    promised: bool
    fixed: bool
    overridden: frozenset[str] = frozenset()


def days_ahead(today: date, working_days: int, holidays: Collection[date]) -> list[date]:
    """The days of a horizon: today, and all days until so many working days have followed it.

    Working days are Monday to Friday without holidays; today is not counted. At most
    `MOST_DAYS_AHEAD`; holidays and weekends between are among them.
    """
    days, left = [today], working_days
    while left > 0 and len(days) < MOST_DAYS_AHEAD:
        days.append(days[-1] + timedelta(days=1))
        left -= days[-1].isoweekday() <= FRIDAY and days[-1] not in holidays
    return days


def planned_from(day: date, working_days: int, holidays: Collection[date]) -> date:
    """The first day whose horizon, as `days_ahead` has it, holds a `day`."""
    first = day
    while day in days_ahead(first - timedelta(days=1), working_days, holidays):
        first -= timedelta(days=1)
    return first


def can_be_done(visits: Sequence[Visit], speed_kmh: float = SPEED_KMH) -> bool:
    """Whether one expert can do all visits of a day, each begun and ended in its window.

    Every visit begins as early as it can, so that a delay is carried on to the next ones: two
    and two may fit where all of them do not.
    """
    free_at: datetime | None = None
    last: Visit | None = None
    for visit in sorted(visits, key=lambda visit: visit.start):
        begin = visit.start
        if last is not None and free_at is not None:
            begin = max(begin, free_at + _travel(last, visit, speed_kmh))
        free_at, last = begin + visit.work, visit
        if free_at > visit.end:
            return False
    return True


def to_call_off(booked: Sequence[Booked], most: int) -> list[Booked]:
    """What a day must lose so that it has at most `most` live visits and can be done.

    First the least important, of those what was only proposed, of those the latest. What is fixed
    stays, whatever the day looks like; what a manager has put on top of the day does not count.
    """
    open_ones = sorted((it for it in booked if not it.fixed), key=_dispensable)
    fixed = [it for it in booked if it.fixed]
    called_off = []
    while against := broken_of_day([*fixed, *open_ones], most):
        helps = [one for one in open_ones if not one.overridden.issuperset(against)]
        if not helps:
            break
        enough = [
            one for one in helps if not broken_of_day([*fixed, *_without(open_ones, one)], most)
        ]
        least = (enough or helps)[0]
        open_ones = _without(open_ones, least)
        called_off.append(least)
    return called_off


def broken_of_day(booked: Sequence[Booked], most: int) -> list[Rule]:
    """The rules that a day with at most `most` live visits breaks, without overridden ones."""
    counted = [it for it in booked if "visits_a_day" not in it.overridden]
    driven = [it.visit for it in booked if "out_of_reach" not in it.overridden]
    found: list[Rule] = [] if len(counted) <= most else ["visits_a_day"]
    return found if can_be_done(driven) else [*found, "out_of_reach"]


def _without(booked: Sequence[Booked], one: Booked) -> list[Booked]:
    return [it for it in booked if it is not one]


def _dispensable(one: Booked) -> tuple[int, bool, float, UUID]:
    rank = LEAST_IMPORTANT_FIRST.index(one.priority)
    return rank, one.promised, -one.visit.start.timestamp(), one.assignment_id


def _travel(here: Visit, there: Visit, speed_kmh: float) -> timedelta:
    away = distance_km(here.latitude, here.longitude, there.latitude, there.longitude)
    return timedelta(hours=away * ROAD_FACTOR / speed_kmh)
