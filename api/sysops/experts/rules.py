"""When an expert is the wrong one for a visit that is already planned. Pure.

The assignment job has the same hard rules in a form of its own, made for all tickets at once;
its referee, which shares no code with either, says in tests that the two agree.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

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


def why_wrong(expert: Profile, visit: Visit) -> str | None:
    """Why this expert cannot make this visit, in words for both sides; None when nothing bars."""
    zone = ZoneInfo(expert.time_zone)
    start, end = visit.start.astimezone(zone), visit.end.astimezone(zone)
    if not expert.active:
        return "The expert is not available any more."
    for skill, level in visit.needed.items():
        held, until = expert.skills.get(skill, (0, date.min))
        if held < level or until < start.date():
            return "The expert is not certified for this work."
    away = distance_km(expert.latitude, expert.longitude, visit.latitude, visit.longitude)
    if away > expert.radius_km + _TOLERANCE_KM:
        return "The address is outside of the expert's area."
    return _why_not_then(expert, visit, start, end)


def _why_not_then(expert: Profile, visit: Visit, start: datetime, end: datetime) -> str | None:
    """Why the expert has no time for the visit, whose local times are `start` and `end`."""
    if start.date() in expert.holidays:
        return HOLIDAY
    works = expert.shifts.get(start.isoweekday(), ())
    same_day = start.date() == end.date()
    if not same_day or not any(a <= start.time() and end.time() <= b for a, b in works):
        return "The expert does not work at that time."
    for since, until_moment in expert.absent:
        begun = since is None or since < visit.end
        over = until_moment is not None and until_moment <= visit.start
        if begun and not over:
            return "The expert is away at that time."
    return None


def distance_km(latitude: float, longitude: float, latitude2: float, longitude2: float) -> float:
    """Great-circle distance in kilometres between points in degrees (haversine formula)."""
    phi, phi2 = math.radians(latitude), math.radians(latitude2)
    half = math.radians(longitude2 - longitude) / 2
    a = math.sin((phi2 - phi) / 2) ** 2 + math.cos(phi) * math.cos(phi2) * math.sin(half) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(a))
