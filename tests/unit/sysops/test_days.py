"""A day has as many visits as its expert takes and can drive; the rest is called off."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.messages import Priority
from api.sysops.experts.days import (
    LEAST_IMPORTANT_FIRST,
    MOST_DAYS_AHEAD,
    Booked,
    Visit,
    can_be_done,
    days_ahead,
    planned_from,
    to_call_off,
)

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def booked(
    hour: int,
    *,
    priority: Priority = "normal",
    promised: bool = False,
    fixed: bool = False,
    latitude: float = 30.0,
    minutes: int = 60,
    overridden: str = "",
) -> Booked:
    start = MONDAY + timedelta(hours=hour)
    visit = Visit(start, start + timedelta(hours=2), latitude, -97, timedelta(minutes=minutes))
    waived = frozenset(overridden.split())
    return Booked(UUID(int=hour), visit, priority, promised, fixed, waived)


@pytest.mark.parametrize(
    ("day", "most", "called_off"),
    [
        ([booked(8), booked(10), booked(13)], 3, []),
        ([booked(8), booked(10), booked(13)], 2, [13]),
        ([booked(8, priority="low"), booked(10), booked(13)], 2, [8]),
        ([booked(8), booked(10, promised=True), booked(13, promised=True)], 2, [8]),
        ([booked(8, priority="urgent"), booked(10, priority="high", promised=True)], 1, [10]),
        ([booked(8, fixed=True), booked(10, priority="urgent")], 1, [10]),
        ([booked(8, fixed=True), booked(10, fixed=True)], 1, []),
        ([booked(8), booked(10), booked(13)], 0, [13, 10, 8]),
        # Two hours of work each, and more than an hour between the first two and the last.
        ([booked(8, minutes=120), booked(10, minutes=120, latitude=31)], 4, [10]),
        ([booked(8, minutes=30), booked(10, minutes=60, latitude=30.4)], 4, []),
        # What a manager has put on top of the day neither counts nor goes.
        ([booked(8), booked(10, priority="low", overridden="visits_a_day")], 1, []),
        ([booked(8), booked(10, overridden="visits_a_day"), booked(13)], 0, [13, 8]),
        ([booked(8, fixed=True), booked(10, overridden="visits_a_day")], 0, []),
        (
            [
                booked(8, minutes=120),
                booked(10, minutes=120, latitude=31, overridden="out_of_reach"),
            ],
            4,
            [],
        ),
    ],
)
def test_the_least_important_goes_then_what_was_only_proposed_then_the_latest(
    day: list[Booked], most: int, called_off: list[int]
) -> None:
    gone = to_call_off(day, most)
    assert [(one.visit.start - MONDAY) / timedelta(hours=1) for one in gone] == called_off


def test_what_does_not_matter_stays_when_something_else_is_in_the_way() -> None:
    """The low one is near; without the far one the day can be driven."""
    near = booked(8, priority="low")
    far = booked(10, minutes=120, latitude=32)
    last = booked(13, priority="high", minutes=120)
    assert to_call_off([near, far, last], 4) == [far]


DAYS = st.lists(
    st.builds(
        booked,
        st.sampled_from((8, 10, 13, 15)),
        priority=st.sampled_from(LEAST_IMPORTANT_FIRST),
        promised=st.booleans(),
        fixed=st.booleans(),
        latitude=st.integers(28, 32).map(float),
        minutes=st.sampled_from((30, 60, 120)),
    ),
    max_size=4,
    unique_by=lambda one: one.assignment_id,
)


@given(DAYS, st.integers(0, 4))
def test_what_stays_can_be_done_and_nothing_goes_without_need(day: list[Booked], most: int) -> None:
    gone = to_call_off(day, most)
    stays = [one for one in day if one not in gone]
    if not all(one.fixed for one in stays):
        assert len(stays) <= most
        assert can_be_done([one.visit for one in stays])
    assert not any(one.fixed for one in gone)
    assert to_call_off(stays, most) == []
    assert to_call_off(day, most) == to_call_off([replace(one) for one in day[::-1]], most)


FRIDAY = MONDAY.date() + timedelta(days=4)
NEXT_MONDAY = FRIDAY + timedelta(days=3)


@pytest.mark.parametrize(
    ("working_days", "holidays", "expected"),
    [
        (0, [], "Fri"),
        (1, [], "Fri Sat Sun Mon"),
        (2, [], "Fri Sat Sun Mon Tue"),
        (2, [FRIDAY, NEXT_MONDAY], "Fri Sat Sun Mon Tue Wed"),
    ],
)
def test_a_horizon_is_today_and_so_many_working_days_after_it_with_all_between(
    working_days: int, holidays: list[date], expected: str
) -> None:
    days = days_ahead(FRIDAY, working_days, holidays)
    assert " ".join(f"{day:%a}" for day in days) == expected


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    st.integers(0, 10),
    st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=60),
)
def test_a_day_is_planned_from_the_first_day_on_whose_horizon_holds_it(
    day: date, working_days: int, holidays: set[date]
) -> None:
    first, eve = planned_from(day, working_days, holidays), timedelta(days=1)
    assert day in days_ahead(first, working_days, holidays)
    assert day not in days_ahead(first - eve, working_days, holidays)
    assert len(days_ahead(first, working_days, holidays)) <= MOST_DAYS_AHEAD
