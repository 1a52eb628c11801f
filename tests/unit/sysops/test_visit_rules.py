"""When an expert may set out, begin or give up, and when the visit is given to somebody else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.messages import Window
from api.sysops.tickets import visit_rules

# Eight to ten in the morning of March 3 in Austin.
WINDOW = Window(datetime(2026, 3, 3, 14, tzinfo=UTC), datetime(2026, 3, 3, 16, tzinfo=UTC))
AUSTIN = "America/Chicago"
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("before", "travel_km", "fine"),
    [
        (timedelta(days=2), 3.0, False),
        (HOUR + 4 * MINUTE, 3.0, False),
        (HOUR + 3 * MINUTE, 3.0, True),
        (2 * HOUR, 3.0, False),
        (4 * HOUR, 180.0, True),  # three hours of driving
        (-HOUR, 3.0, True),
    ],
)
def test_an_expert_sets_out_an_hour_and_the_drive_ahead(
    before: timedelta, travel_km: float, fine: bool
) -> None:
    problem = visit_rules.set_out_problem(WINDOW, travel_km, AUSTIN, WINDOW.start - before)
    assert (problem is None) is fine


@pytest.mark.parametrize(
    ("before", "fine"),
    [
        (timedelta(days=3), False),
        (30 * MINUTE + SECOND, False),
        (30 * MINUTE, True),
        (-HOUR, True),
        (-5 * HOUR, True),
    ],
)
def test_a_visit_begins_half_an_hour_before_its_window_or_later(
    before: timedelta, fine: bool
) -> None:
    problem = visit_rules.start_problem(WINDOW, AUSTIN, WINDOW.start - before)
    assert (problem is None) is fine


@pytest.mark.parametrize(("before", "fine"), [(SECOND, False), (0 * HOUR, True), (-3 * HOUR, True)])
def test_nobody_is_missed_before_the_window_begins(before: timedelta, fine: bool) -> None:
    problem = visit_rules.no_show_problem(WINDOW, AUSTIN, WINDOW.start - before)
    assert (problem is None) is fine


def test_a_refusal_names_the_window_and_the_moment_on_the_clock_of_the_place() -> None:
    now = WINDOW.start - timedelta(days=1)
    words = "Tuesday, March 3, 8:00 AM to 10:00 AM"
    problems = [
        visit_rules.set_out_problem(WINDOW, 30.0, AUSTIN, now),
        visit_rules.start_problem(WINDOW, AUSTIN, now),
        visit_rules.no_show_problem(WINDOW, AUSTIN, now),
    ]
    assert all(problem and words in problem for problem in problems)
    assert "from Tuesday, March 3, 6:30 AM on" in str(problems[0])
    assert "from Tuesday, March 3, 7:30 AM on" in str(problems[1])


@pytest.mark.parametrize(
    ("after", "set_out", "missed"),
    [
        (-HOUR, False, False),
        (HOUR - SECOND, False, False),
        (HOUR, False, True),
        (timedelta(days=2), False, True),
        (HOUR, True, False),
        (3 * HOUR - SECOND, True, False),
        (3 * HOUR, True, True),
    ],
)
def test_a_visit_is_missed_an_hour_after_its_window_and_later_by_who_set_out(
    after: timedelta, set_out: bool, missed: bool
) -> None:
    assert visit_rules.is_missed(WINDOW, set_out=set_out, now=WINDOW.end + after) is missed


@pytest.mark.parametrize(("absences", "call"), [(0, False), (1, False), (2, True), (3, True)])
def test_after_the_second_visit_for_nothing_somebody_calls(absences: int, call: bool) -> None:
    assert visit_rules.someone_must_call(absences) is call


@given(
    st.integers(0, 366 * 24 * 60).map(lambda minutes: WINDOW.start + minutes * MINUTE),
    st.sampled_from([AUSTIN, "America/New_York", "Pacific/Honolulu", "America/Phoenix"]),
)
def test_the_next_visit_after_one_for_nothing_is_on_the_next_day_there(
    now: datetime, time_zone: str
) -> None:
    earliest = visit_rules.next_visit_from(now, time_zone)
    assert timedelta(0) < earliest - now <= timedelta(hours=25)
    before = visit_rules.next_visit_from(earliest - SECOND, time_zone)
    assert before == earliest
