"""Arrival windows in absolute time: the horizon of each time zone, and what is free of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from api.sysops.assignment.policy import Policy
from api.sysops.experts.days import ARRIVAL_WINDOWS, days_ahead
from orchestration.assignment.matching.compiled import Ints, Shorts
from orchestration.assignment.policy import WINDOWS_A_DAY


@dataclass(frozen=True)
class Calendar:
    """Windows of each zone by number: `WINDOWS_A_DAY` for each day from the zone's today on.

    `start`, `end` (zones x windows) and `midnight` (zones x days + 1) are seconds since 1970;
    `weekday` (zones x days) is 0 for Monday; `planned` (zones x windows) says what is in the
    horizon, no holiday, and not too soon.
    """

    zones: tuple[str, ...]
    start: Ints
    end: Ints
    midnight: Ints
    weekday: Ints
    planned: NDArray[np.bool_]

    @property
    def days(self) -> int:
        return int(self.weekday.shape[1])

    @property
    def windows(self) -> int:
        return int(self.start.shape[1])

    def day(self, zone: int, window: int) -> date:
        """The local day of a window."""
        moment = datetime.fromtimestamp(int(self.start[zone, window]), ZoneInfo(self.zones[zone]))
        return moment.date()


def calendar(
    as_of: datetime, zones: Sequence[str], holidays: Collection[date], policy: Policy
) -> Calendar:
    """The windows that visits can be planned in as of now."""
    todays = [as_of.astimezone(ZoneInfo(zone)).date() for zone in zones]
    reach = [len(days_ahead(it, policy.horizon_working_days, holidays)) for it in todays]
    days, soonest = max(reach, default=1), as_of + timedelta(minutes=policy.lead_minutes)
    shape = (len(zones), days * WINDOWS_A_DAY)
    start, end = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    planned = np.zeros(shape, np.bool_)
    midnight = np.zeros((len(zones), days + 1), np.int64)
    weekday = np.zeros((len(zones), days), np.int64)
    for zone, (name, today) in enumerate(zip(zones, todays, strict=True)):
        info = ZoneInfo(name)
        for offset in range(days + 1):
            day = today + timedelta(days=offset)
            midnight[zone, offset] = datetime.combine(day, time(), info).timestamp()
            if offset == days:
                break
            weekday[zone, offset] = day.weekday()
            for place, (first, last) in enumerate(ARRIVAL_WINDOWS):
                window, begins = offset * WINDOWS_A_DAY + place, datetime.combine(day, first, info)
                start[zone, window] = begins.timestamp()
                end[zone, window] = datetime.combine(day, last, info).timestamp()
                held = offset < reach[zone] and day not in holidays
                planned[zone, window] = held and begins >= soonest
    return Calendar(tuple(zones), start, end, midnight, weekday, planned)


def bits(flags: NDArray[np.bool_]) -> Ints:
    """Flags of windows (rows x windows) as one number a row, window 0 in the lowest bit."""
    powers = np.left_shift(np.int64(1), np.arange(flags.shape[1], dtype=np.int64))
    return np.asarray((flags * powers).sum(axis=1), dtype=np.int64)


def covered(
    experts: int, owner: Ints, weekday: Ints, starts: Ints, ends: Ints
) -> NDArray[np.bool_]:
    """Which windows (experts x weekdays x windows a day) lie in one of an expert's shifts.

    Shifts are given by row: owner, weekday from 0, start and end in minutes of the day.
    """
    found = np.zeros((experts, 7, WINDOWS_A_DAY), np.bool_)
    for place, (first, last) in enumerate(ARRIVAL_WINDOWS):
        begins, over = first.hour * 60 + first.minute, last.hour * 60 + last.minute
        holds = (starts <= begins) & (ends >= over)
        found[owner[holds], weekday[holds], place] = True
    return found


def working(shifts: NDArray[np.bool_], zone: Shorts, table: Calendar) -> NDArray[np.bool_]:
    """Experts x windows: in a shift, and in what is planned."""
    by_day = shifts[np.arange(len(zone))[:, None], table.weekday[zone]]
    return np.asarray(by_day.reshape(len(zone), table.windows) & table.planned[zone])


def touched(zone: Shorts, since: Ints, until: Ints, table: Calendar) -> NDArray[np.bool_]:
    """Rows x windows: whether a span of time in a zone takes something of a window."""
    before_end = since[:, None] < table.end[zone]
    return np.asarray(before_end & (table.start[zone] < until[:, None]))


def day_of(zone: Shorts, moment: Ints, table: Calendar) -> Ints:
    """The number of the local day that a moment is in; -1 when it is outside of the table."""
    number = (table.midnight[zone] <= moment[:, None]).sum(axis=1) - 1
    return np.where(number < table.days, number, -1)


@lru_cache(maxsize=4096)
def moment(value: int) -> datetime:
    """Seconds since 1970 as a moment in UTC."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(value))
