"""Local days and arrival windows."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from orchestration.local.demo.clocks import (
    HOUR,
    WINDOWS_A_DAY,
    Clocks,
    first_of_month,
    micros,
    moment_of,
)

ZONES = ("America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Chicago")
CLOCKS = Clocks(ZONES, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [date(2026, 3, 7), date(2026, 3, 8), date(2026, 11, 1)])
def test_windows_begin_at_8_10_13_and_15_local_time_also_when_clocks_change(
    zone: str, day: date
) -> None:
    slots = CLOCKS.day_of(day) * WINDOWS_A_DAY + np.arange(WINDOWS_A_DAY)
    starts = CLOCKS.window_start(CLOCKS.index(zone), slots)
    local = [moment_of(int(at)).astimezone(ZoneInfo(zone)) for at in starts]
    assert [(one.date(), one.hour, one.minute) for one in local] == [
        (day, hour, 0) for hour in (8, 10, 13, 15)
    ]


def test_a_moment_and_its_local_time_belong_together() -> None:
    noon = CLOCKS.utc(0, CLOCKS.day_of(date(2026, 7, 4)), 12 * HOUR)
    assert moment_of(int(noon)) == datetime(2026, 7, 4, 16, tzinfo=UTC)
    assert CLOCKS.date_of(int(CLOCKS.local_day(0, noon))) == date(2026, 7, 4)


def test_days_outside_the_calendar_keep_counting() -> None:
    before = CLOCKS.local_day(0, micros(datetime(2025, 12, 30, 18, tzinfo=UTC)))
    assert CLOCKS.date_of(int(before)) == date(2025, 12, 30)


def test_weekdays_are_those_of_iso_8601() -> None:
    days = np.arange(14)
    known = [CLOCKS.date_of(int(day)).isoweekday() for day in days]
    assert CLOCKS.weekday(days).tolist() == known


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert first_of_month(date(2026, 1, 31), -24) == date(2024, 1, 1)
    assert first_of_month(date(2026, 11, 20), 2) == date(2027, 1, 1)
