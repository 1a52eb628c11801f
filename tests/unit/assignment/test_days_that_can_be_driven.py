"""What is planned for one expert and one day can be driven."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from api.messages import Window
from api.sysops.experts.days import Visit, can_be_done
from orchestration.assignment.problem import Problem
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import (
    MORNING,
    ONE_WINDOW,
    Expert,
    Ticket,
    at,
    expert,
    problem,
    solved,
    ticket,
)


def starts_offered(found: Problem) -> list[int]:
    """The hours in Chicago at which some edge begins."""
    return sorted({(found.start(slot) - at(0)) // timedelta(hours=1) for slot in found.edges.other})


def test_two_visits_too_far_apart_for_one_expert_are_not_both_planned() -> None:
    here = ticket(1, latitude=29.0, work=120)
    there = ticket(2, latitude=31.0, work=120)
    found = problem([here, there], [expert(1, radius_km=200, shifts=MORNING)])
    solution = solve(found)
    assert sorted(slot >= 0 for slot in solution.slot) == [False, True]
    assert solution.repairs > 0
    assert solution.proven


def test_of_two_visits_that_cannot_both_be_driven_the_more_important_one_stays() -> None:
    calls = [
        ticket(1, latitude=29.9, work=120),
        ticket(2, latitude=31.4, work=120, priority="high"),
    ]
    assert list(solved(calls, [expert(1, radius_km=200, shifts=MORNING)])) == [2]


def test_a_booked_neighbour_out_of_reach_bars_the_window_beside_it() -> None:
    booked = Visit(at(8), at(10), 31.5, -97.0, timedelta(minutes=120))
    found = problem([ticket(1, work=120)], [expert(1, radius_km=200, visits=(booked,))])
    assert starts_offered(found) == [15], "8 is booked, 10 and 13 too soon after it, 160 km away"


def test_visits_that_fit_two_and_two_but_not_all_in_one_day_are_not_all_planned() -> None:
    # Two hours here; an hour's drive and an hour's work; two hours' drive and two hours' work.
    first = ticket(1, latitude=30.0, work=120, preferred=(Window(at(8), at(10)),))
    second = ticket(2, latitude=30.41, work=60, preferred=(Window(at(10), at(12)),))
    third = ticket(3, latitude=31.2, work=120, preferred=(Window(at(13), at(15)),))
    one = [expert(1, radius_km=200)]
    for pair in ([first, second], [second, third], [first, third]):
        assert len(solved(pair, one)) == 2, "two of them are possible"
    assert len(solved([first, second, third], one)) == 2


def test_a_delay_that_bookings_pass_on_bars_a_window_after_them() -> None:
    def visit(hour: int, latitude: float, minutes: int) -> Visit:
        return Visit(at(hour), at(hour + 2), latitude, -97.0, timedelta(minutes=minutes))

    booked = (visit(8, 30.0, 120), visit(10, 30.41, 60))
    far = ticket(1, latitude=31.2, work=120, preferred=(Window(at(13), at(15)),))
    assert starts_offered(problem([far], [expert(1, radius_km=200, visits=booked[1:])])) == [13]
    assert starts_offered(problem([far], [expert(1, radius_km=200, visits=booked)])) == []


Day = list[tuple[datetime, datetime, timedelta, float, float]]


def late(day: Day) -> bool:
    """Whether a visit of a day ends after its window, driving at 60 km an hour."""
    end: datetime | None = None
    for index, (start, until, work, latitude, longitude) in enumerate(sorted(day)):
        if end is not None:
            _, _, _, y, x = sorted(day)[index - 1]
            a = sin(radians(latitude - y) / 2) ** 2
            a += cos(radians(latitude)) * cos(radians(y)) * sin(radians(longitude - x) / 2) ** 2
            end += timedelta(hours=1.3 * 2 * 6371.0088 * asin(sqrt(a)) / 60)
        end = (start if end is None else max(start, end)) + work
        if end > until + timedelta(seconds=1):
            return True
    return False


FAR = st.integers(-15, 15).map(lambda tenths: tenths / 10)
JOBS = st.lists(st.tuples(FAR, FAR, st.sampled_from((30, 60, 90, 120))), max_size=8)


@settings(max_examples=60, deadline=None)
@given(JOBS)
def test_no_expert_is_ever_given_a_day_that_cannot_be_driven(
    jobs: list[tuple[float, float, int]],
) -> None:
    calls = [
        ticket(number, latitude=30 + y, longitude=-97 + x, work=work)
        for number, (x, y, work) in enumerate(jobs)
    ]
    people = [expert(1, radius_km=300), expert(2, radius_km=300)]
    assert not any(late(day) for day in days_of(calls, people))


def days_of(calls: Iterable[Ticket], people: Iterable[Expert]) -> list[Day]:
    """The days that a solution plans, one an expert: the horizon of these tests."""
    calls = list(calls)
    days: dict[int, Day] = {}
    for number, (who, start) in solved(calls, people).items():
        call = calls[number]
        end, work = start + timedelta(hours=2), timedelta(minutes=call.work)
        days.setdefault(who, []).append((start, end, work, call.latitude, call.longitude))
    return list(days.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((8, 10, 13, 15)), FAR, st.sampled_from((30, 60, 120))),
             max_size=3, unique_by=lambda it: it[0]),
    FAR,
)  # fmt: skip
def test_what_is_booked_bars_exactly_the_windows_that_the_rules_of_the_api_bar(
    booked: list[tuple[int, float, int]], far: float
) -> None:
    visits = tuple(
        Visit(at(hour), at(hour + 2), 30 + y, -97.0, timedelta(minutes=minutes))
        for hour, y, minutes in sorted(booked)
    )
    call = ticket(1, latitude=30 + far, work=60)
    free = [hour for hour in (8, 10, 13, 15) if hour not in {it[0] for it in booked}]
    expected = [
        hour for hour in free
        if can_be_done([*visits, Visit(at(hour), at(hour + 2), call.latitude, -97.0,
                                       timedelta(minutes=60))])
    ]  # fmt: skip
    found = problem([call], [expert(1, radius_km=400, visits=visits)])
    assert starts_offered(found) == expected


def test_far_too_few_experts_in_a_wide_country_are_planned_as_far_as_they_can_drive() -> None:
    random = Random(1)
    calls = [
        ticket(
            number,
            latitude=30 + random.uniform(-1.5, 1.5),
            longitude=-97 + random.uniform(-1.5, 1.5),
            work=random.choice((60, 90, 120)),
        )
        for number in range(200)
    ]
    days = days_of(calls, [expert(number, radius_km=250) for number in range(8)])
    assert not any(late(day) for day in days)
    assert sum(len(day) for day in days) >= 16, "half of the windows, and the rest next time"


def test_a_day_that_too_many_want_leaves_nobody_who_could_be_served_elsewhere() -> None:
    work = 120  # two windows side by side are never drivable, unless at one place
    calls = [
        ticket(number, priority="urgent", latitude=30 + number / 1000, work=work)
        for number in range(30)
    ]
    near = expert(0, radius_km=300)
    farther = [
        expert(number, latitude=31 + number / 100, radius_km=300, shifts=ONE_WINDOW)
        for number in range(1, 31)
    ]
    assert len(solved(calls, [near, *farther])) == 30
