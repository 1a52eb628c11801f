"""When an expert is the wrong one for a visit that is already planned. Pure.

The assignment job has the same hard rules in a form of its own, made for all tickets at once;
its referee, which shares no code with either, says in tests that the two agree.
"""

import math
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

Rule = Literal[
    "contract", "inactive", "skill", "certificate_expired", "radius", "holiday", "shift",
    "time_off", "excluded", "booked", "visits_a_day", "out_of_reach", "too_soon", "preference",
]  # fmt: skip
"""Every hard rule of an assignment, by its code."""

EARTH_RADIUS_KM = 6371.0088
# Rounding must not withdraw a visit on the very edge of the radius.
_TOLERANCE_KM = 0.001
HOLIDAY = "That day is a holiday."


@dataclass(frozen=True)
class Profile:
    """An expert as the rules see one.

    `skills` are level and last day of the certificate, `shifts` local hours by ISO weekday,
    `absent` spans in absolute time, with None where there is no end, `holidays` days of the whole
    company.
    """

    active: bool
    latitude: float
    longitude: float
    radius_km: int
    time_zone: str
    skills: Mapping[str, tuple[int, date]]
    shifts: Mapping[int, Sequence[tuple[time, time]]]
    absent: Sequence[tuple[datetime | None, datetime | None]]
    holidays: Collection[date] = frozenset()


@dataclass(frozen=True)
class Visit:
    """Where and when an expert has to be, and the least level of each skill that is needed."""

    start: datetime
    end: datetime
    latitude: float
    longitude: float
    needed: Mapping[str, int]


@dataclass(frozen=True)
class Broken:
    """A rule that this expert breaks for this visit; `words` are for both sides."""

    rule: Rule
    words: str


def why_wrong(expert: Profile, visit: Visit, overridden: Container[str] = ()) -> str | None:
    """Why this expert cannot make this visit, in words for both sides; None when nothing bars.

    Rules that a manager has `overridden` for the visit do not bar it.
    """
    for broken in broken_rules(expert, visit):
        if broken.rule not in overridden:
            return broken.words
    return None


def broken_rules(expert: Profile, visit: Visit) -> list[Broken]:
    """All rules of an expert's profile that a visit breaks, the gravest first, each once."""
    zone = ZoneInfo(expert.time_zone)
    start, end = visit.start.astimezone(zone), visit.end.astimezone(zone)
    found: list[Broken] = []
    if not expert.active:
        found.append(Broken("inactive", "The expert is not available any more."))
    found += [
        Broken(rule, "The expert is not certified for this work.")
        for rule in dict.fromkeys(_lacking(expert, visit, start.date()))
    ]
    away = distance_km(expert.latitude, expert.longitude, visit.latitude, visit.longitude)
    if away > expert.radius_km + _TOLERANCE_KM:
        found.append(Broken("radius", "The address is outside of the expert's area."))
    if start.date() in expert.holidays:
        found.append(Broken("holiday", HOLIDAY))
    works = expert.shifts.get(start.isoweekday(), ())
    same_day = start.date() == end.date()
    if not same_day or not any(a <= start.time() and end.time() <= b for a, b in works):
        found.append(Broken("shift", "The expert does not work at that time."))
    if any(overlaps(since, until, visit.start, visit.end) for since, until in expert.absent):
        found.append(Broken("time_off", "The expert is away at that time."))
    return found


def _lacking(expert: Profile, visit: Visit, day: date) -> Iterator[Rule]:
    for skill, level in visit.needed.items():
        held, until = expert.skills.get(skill, (0, date.min))
        if held < level:
            yield "skill"
        elif until < day:
            yield "certificate_expired"


def overlaps(
    since: datetime | None, until: datetime | None, start: datetime, end: datetime
) -> bool:
    """Whether a span, whose None is without end, and a visit share any time."""
    return (since is None or since < end) and (until is None or until > start)


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance in kilometres between points in degrees (haversine formula)."""
    phi, phi2 = math.radians(latitude), math.radians(latitude2)
    half = math.radians(longitude2 - longitude) / 2
    a = math.sin((phi2 - phi) / 2) ** 2 + math.cos(phi) * math.cos(phi2) * math.sin(half) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(a))
