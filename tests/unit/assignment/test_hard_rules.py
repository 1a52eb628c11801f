"""Every hard rule of the engine, one by one: who is out, by which rule, and in which windows."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from api.messages import Window
from api.sysops.assignment.policy import Policy
from api.sysops.experts.days import Visit
from orchestration.assignment.problem import Problem, build
from tests.unit.assignment.small import (
    MORNING,
    NOW,
    TODAY,
    Expert,
    Ticket,
    at,
    expert,
    problem,
    snapshot,
    ticket,
)

CALL, BEN = ticket(1), expert(1)
BUSY = Visit(at(10), at(12), 30.0, -97.0, timedelta(minutes=30))


def hours(found: Problem) -> list[int]:
    """The hours in Chicago at which the ticket could be visited."""
    return [(found.start(slot) - at(0)) // timedelta(hours=1) for slot in found.edges.other]


@pytest.mark.parametrize(
    ("rule", "call", "person"),
    [
        ("excluded", replace(CALL, excluded=frozenset({1})), BEN),
        ("skill", CALL, replace(BEN, level=1)),
        ("skill", replace(CALL, skill="projector"), BEN),
        ("certificate_expired", CALL, replace(BEN, until=date(2026, 3, 1))),
        ("radius", replace(CALL, latitude=30.46), BEN),
        ("no_free_window", CALL, replace(BEN, shifts={2: ((time(8), time(17)),)})),
        ("no_free_window", CALL, replace(BEN, absent=((at(0), at(24)),))),
        ("no_free_window", CALL, replace(BEN, most=1, done=(at(8),))),
        ("no_free_window", replace(CALL, preferred=(Window(at(9), at(11)),)), BEN),
        ("no_free_window", replace(CALL, earliest=at(16)), BEN),
    ],
)
def test_each_rule_alone_takes_an_expert_out(rule: str, call: Ticket, person: Expert) -> None:
    found = problem([call], [person])
    assert found.removed_of(0) == {rule: 1}
    assert (found.candidates[0], len(found.edges.other)) == (0, 0)


def test_an_expert_is_counted_with_the_first_rule_that_takes_it_out() -> None:
    call = replace(CALL, excluded=frozenset({1, 2, 3}))
    people = [replace(BEN, level=1), expert(2, latitude=35.0), expert(3), expert(4, level=1)]
    found = problem([call], people)
    assert found.removed_of(0) == {"excluded": 3, "skill": 1}
    assert found.candidates[0] == 0


@pytest.mark.parametrize(
    ("call", "person", "expected"),
    [
        (CALL, BEN, [8, 10, 13, 15]),
        (CALL, replace(BEN, shifts=MORNING), [8, 10]),
        (CALL, replace(BEN, shifts={1: ((time(8), time(9)), (time(9), time(17)))}), [10, 13, 15]),
        (CALL, replace(BEN, absent=((at(9), at(11)),)), [13, 15]),
        (CALL, replace(BEN, visits=(BUSY,)), [8, 13, 15]),
        (replace(CALL, preferred=(Window(at(8), at(10)), Window(at(13), at(17)))), BEN,
         [8, 13, 15]),
        (replace(CALL, earliest=at(10)), BEN, [10, 13, 15]),
        (replace(CALL, latitude=30.449), BEN, [8, 10, 13, 15]),
        (CALL, replace(BEN, zone="America/New_York"), [7, 9, 12, 14]),
    ],
)  # fmt: skip
def test_windows_are_what_shifts_absences_visits_and_wishes_leave(
    call: Ticket, person: Expert, expected: list[int]
) -> None:
    assert hours(problem([call], [person])) == expected


def test_a_certificate_counts_until_and_including_its_last_day() -> None:
    tomorrow = Policy(horizon_working_days=1)
    found = problem([CALL], [replace(BEN, until=NOW.date())], tomorrow)
    assert {found.start(slot).date() for slot in found.edges.other} == {NOW.date()}


def test_what_begins_sooner_than_the_policy_says_is_too_soon() -> None:
    late = build(snapshot([CALL], [BEN], as_of=at(9)), TODAY)
    assert hours(late) == [10, 13, 15]
    assert hours(build(snapshot([CALL], [BEN], as_of=at(9.5)), TODAY)) == [13, 15]


def test_the_horizon_counts_working_days_and_jumps_over_holidays() -> None:
    friday = datetime(2026, 7, 3, 11, tzinfo=UTC)
    two_days = Policy(horizon_working_days=2)
    found = build(
        snapshot([CALL], [BEN], as_of=friday, holidays=[date(2026, 7, 3), date(2026, 7, 6)]),
        two_days,
    )
    days = {found.start(slot).date() for slot in found.edges.other}
    assert days == {date(2026, 7, day) for day in (4, 5, 7, 8)}, "the weekend, Tuesday, Wednesday"


def test_only_the_nearest_are_considered_at_first_and_the_others_are_counted() -> None:
    people = [expert(number, latitude=30 + number / 100) for number in range(1, 6)]
    found = problem([CALL], people, Policy(horizon_working_days=0, nearest_experts=2))
    near = {found.columns.expert_ids[int(it)] for it in found.pairs.expert}
    assert near == {people[0].id, people[1].id}
    assert (found.left_out, found.candidates[0]) == (3, 5)


def test_who_has_no_window_left_is_none_of_the_nearest() -> None:
    people = [replace(BEN, absent=((at(0), at(24)),)), expert(2, latitude=30.3)]
    found = problem([CALL], people, Policy(horizon_working_days=0, nearest_experts=1))
    assert [found.columns.expert_ids[int(it)] for it in found.pairs.expert] == [people[1].id]
