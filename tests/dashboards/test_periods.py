"""Periods: where they begin, what they are compared with, and into what they are cut."""

from datetime import date

import pytest

from dashboards import view
from dashboards.view import begin, earlier
from warehouse.reports import Filters
from warehouse.reports.filters import FIRST_DAY

THURSDAY = date(2026, 11, 19)


@pytest.mark.parametrize(
    ("period", "first_day"),
    [
        ("Last 7 days", date(2026, 11, 13)),
        ("Last 30 days", date(2026, 10, 21)),
        ("Last 13 weeks", date(2026, 8, 24)),  # a Monday
        ("Last 12 months", date(2025, 12, 1)),
        ("Last 3 months", date(2026, 9, 1)),
        ("All time", FIRST_DAY),
    ],
)
def test_a_period_counts_the_present_day_week_or_month(period: str, first_day: date) -> None:
    assert begin(period, THURSDAY) == first_day


@pytest.mark.parametrize(
    ("period", "since", "until"),
    [
        # as many days, right before
        ("Last 7 days", date(2026, 11, 6), date(2026, 11, 12)),
        ("Mar 9, 2026 to Mar 10, 2026", date(2026, 11, 6), date(2026, 11, 12)),
        # up to the same weekday
        ("Last 13 weeks", date(2026, 5, 25), date(2026, 8, 20)),
        # up to the same day of the month
        ("Last 12 months", date(2024, 12, 1), date(2025, 11, 19)),
    ],
)
def test_a_period_is_compared_with_the_same_stretch_before(
    period: str, since: date, until: date
) -> None:
    first = begin(period, THURSDAY) if period.startswith("Last") else date(2026, 11, 13)
    compared = earlier(Filters(since=first, until=THURSDAY), period)
    assert compared is not None
    assert (compared.since, compared.until) == (since, until)


def test_the_end_of_a_long_month_is_compared_with_the_end_of_a_short_one() -> None:
    compared = earlier(Filters(since=date(2026, 1, 1), until=date(2026, 3, 31)), "Last 1 months")
    assert compared is not None
    assert compared.until == date(2026, 2, 28)


def test_all_time_has_nothing_before_it() -> None:
    assert earlier(Filters(since=FIRST_DAY, until=THURSDAY), "All time") is None


@pytest.mark.parametrize(
    ("days", "grain"), [(7, "day"), (31, "day"), (91, "week"), (189, "week"), (365, "month")]
)
def test_a_period_is_cut_into_what_can_be_read(days: int, grain: str) -> None:
    since = date.fromordinal(THURSDAY.toordinal() - days)
    assert view.grain_of(since, THURSDAY) == grain
