"""What staff are not told any more, and when experts hear of their next day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from api.sysops.notifications.rules import Claim, day_ahead, is_overtaken

VISIT = datetime(2026, 3, 3, 16, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        # Chicago is six hours behind in winter, five in summer.
        ("2026-01-15 22:59", None),
        ("2026-01-15 23:00", date(2026, 1, 16)),
        ("2026-01-16 03:59", date(2026, 1, 16)),
        ("2026-01-16 04:00", None),
        ("2026-07-15 22:00", date(2026, 7, 16)),
        ("2026-12-31 23:30", date(2027, 1, 1)),
        # The evening before the clock goes forward, and before it goes back.
        ("2026-03-07 23:00", date(2026, 3, 8)),
        ("2026-10-31 22:00", date(2026, 11, 1)),
    ],
)
def test_experts_hear_of_tomorrow_in_their_own_evening(now: str, day: date | None) -> None:
    assert day_ahead("America/Chicago", at(now)) == day


@pytest.mark.parametrize(
    ("kind", "status", "hours_before_visit", "overtaken"),
    [
        ("visit_proposed", "proposed", 5, False),
        ("visit_proposed", None, 5, False),
        ("visit_proposed", "withdrawn", 5, True),
        ("visit_proposed", "accepted", 5, True),
        ("visit_proposed", "proposed", 1, True),
        ("visit_off", None, -1, False),
        ("visit_off", None, -2, True),
        ("visits_ahead", None, 1, False),
        ("visits_ahead", None, 0, True),
        ("low_score", None, -100, False),
    ],
)
def test_what_is_no_longer_so_is_not_told(
    kind: str, status: str | None, hours_before_visit: float, overtaken: bool
) -> None:
    hour = timedelta(hours=1)
    claim = Claim(kind, VISIT, VISIT + 2 * hour, VISIT - hour)
    if kind == "low_score":
        claim = Claim(kind)
    assert is_overtaken(claim, status, VISIT - hours_before_visit * hour) is overtaken
