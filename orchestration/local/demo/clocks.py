"""Time in the demo world: microseconds since 1970 in UTC, local days, arrival windows.

A day is counted from `first`, the earliest day the clocks know. A slot is an arrival window of a
day in the expert's own time zone: `slot = 4 * day + window`.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from orchestration.local.demo.draws import Ints

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

WINDOW_HOURS: Final = (8, 10, 13, 15)
WINDOW_LENGTH: Final = 2 * HOUR
WINDOWS_A_DAY: Final = len(WINDOW_HOURS)
NEW_YORK: Final = "America/New_York"

EPOCH: Final = date(1970, 1, 1).toordinal()
"""The ordinal of the day from which Arrow and PostgreSQL's drivers count dates."""
_WINDOW_STARTS = np.array(WINDOW_HOURS) * HOUR


def micros(moment: datetime) -> int:
    """Microseconds since 1970; exact, unlike `timestamp()`."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def moment_of(at: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)


def first_of_month(day: date, months_later: int = 0) -> date:
    years, month = divmod(day.month - 1 + months_later, 12)
    return date(day.year + years, month + 1, 1)


class Clocks:
    """The UTC offsets of some time zones, a day each: those of local noon.

    Between 08:00 and 17:00 local time they are exact. In the night of a clock change they are an
    hour off, which only means that somebody wrote an hour earlier or later.
    """

    def __init__(self, zones: Sequence[str], first: date, last: date) -> None:
        self.zones = tuple(zones)
        self.first = first
        self.days = (last - first).days + 1
        self._origin = (first.toordinal() - EPOCH) * DAY
        self._offsets = np.array([self._offsets_of(ZoneInfo(name)) for name in zones])

    def index(self, zone: str) -> int:
        return self.zones.index(zone)

    def day_of(self, day: date) -> int:
        return (day - self.first).days

    def date_of(self, day: int) -> date:
        return self.first + timedelta(days=int(day))

    def local(self, zone: Ints | int, at: Ints | int) -> Ints:
        """Local wall time in microseconds since midnight of day 0."""
        since = at - self._origin
        day = np.clip(since // DAY, 0, self.days - 1)
        return np.asarray(since + self._offsets[zone, day], dtype=np.int64)

    def local_day(self, zone: Ints | int, at: Ints | int) -> Ints:
        return self.local(zone, at) // DAY

    def utc(self, zone: Ints | int, day: Ints | int, of_day: Ints | int) -> Ints:
        """The moment at which `of_day` microseconds have passed since local midnight."""
        known = np.clip(day, 0, self.days - 1)
        return np.asarray(
            self._origin + day * DAY + of_day - self._offsets[zone, known], dtype=np.int64
        )

    def window_start(self, zone: Ints | int, slot: Ints) -> Ints:
        day, window = np.divmod(slot, WINDOWS_A_DAY)
        return self.utc(zone, day, _WINDOW_STARTS[window])

    def dates(self, day: Ints) -> NDArray[np.int32]:
        """Days since 1970, as Arrow and PostgreSQL's drivers count dates."""
        return (day + (self.first.toordinal() - EPOCH)).astype(np.int32)

    def weekday(self, day: Ints) -> Ints:
        """1 is Monday (ISO 8601)."""
        return (day + self.first.weekday()) % 7 + 1

    def _offsets_of(self, zone: ZoneInfo) -> Ints:
        noon = datetime.combine(self.first, time(12))
        days = (noon + timedelta(days=day) for day in range(self.days))
        offsets = (zone.utcoffset(day) or timedelta() for day in days)
        return np.array([offset // timedelta(microseconds=1) for offset in offsets])
