"""When a day is over, and which wishes a holiday leaves."""

from datetime import UTC, date, datetime, timedelta

import pytest

from api.messages import Window
from api.sysops.holidays.rules import is_over, windows_besides

DAY = date(2026, 12, 25)


@pytest.mark.parametrize(
    ("now", "over"),
    [
        (datetime(2026, 12, 25, tzinfo=UTC), False),
        # In Hawaii it is still the 25th.
        (datetime(2026, 12, 26, 9, tzinfo=UTC), False),
        (datetime(2026, 12, 26, 12, tzinfo=UTC), True),
    ],
)
def test_a_day_is_over_when_it_is_over_everywhere(now: datetime, *, over: bool) -> None:
    assert is_over(DAY, now) is over


@pytest.mark.parametrize(
    ("start", "hours", "stays"),
    [
        # In Chicago midnight is 06:00 UTC.
        (datetime(2026, 12, 25, 14, tzinfo=UTC), 4, False),
        (datetime(2026, 12, 25, 6, tzinfo=UTC), 24, False),
        (datetime(2026, 12, 25, 5, tzinfo=UTC), 25, False),
        (datetime(2026, 12, 25, 4, tzinfo=UTC), 20, True),
        (datetime(2026, 12, 25, 20, tzinfo=UTC), 12, True),
        (datetime(2026, 12, 26, 6, tzinfo=UTC), 4, True),
        (datetime(2026, 12, 24, 14, tzinfo=UTC), 4, True),
    ],
)
def test_a_wish_stays_when_a_visit_fits_on_another_day(
    start: datetime, hours: int, *, stays: bool
) -> None:
    wish = Window(start, start + timedelta(hours=hours))
    assert windows_besides([wish], DAY, "America/Chicago") == ([wish] if stays else [])
