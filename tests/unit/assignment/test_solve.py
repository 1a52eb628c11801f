"""The optimum: priorities first, then least cost, within what experts take."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from api.messages import Priority
from api.sysops.assignment.policy import Policy
from api.sysops.experts.days import Visit
from orchestration.assignment.oracle import best_by_scipy
from orchestration.assignment.policy import PRIORITY_LEVELS
from orchestration.assignment.problem import LEVELS, Problem, build
from orchestration.assignment.solve import costs_of, solve
from tests.unit.assignment.small import (
    MORNING,
    ONE_WINDOW,
    TODAY,
    at,
    expert,
    problem,
    snapshot,
    solved,
    ticket,
    visits,
)

Edge = tuple[int, int]
Value = tuple[list[int], int]


def value(found: Problem, edges: list[Edge]) -> Value:
    """What is compared: tickets served at each priority, then cost (less is better)."""
    level = [int(found.level[number]) for number, _ in edges]
    counts = [-level.count(it) for it in range(1, LEVELS)]
    chosen = np.array(edges, np.int64).reshape(-1, 2)
    return counts, int(costs_of(found.edges, chosen[:, 0], chosen[:, 1]).sum())


def edges_of(found: Problem) -> list[list[int]]:
    """The slots that each ticket could have."""
    first, end, other, _ = found.edges
    return [other[first[it] : end[it]].tolist() for it in range(found.tickets)]


def every_matching(found: Problem) -> Iterator[list[Edge]]:
    """All ways to serve tickets, by brute force."""
    options = edges_of(found)

    def extend(number: int, taken: frozenset[int], edges: list[Edge]) -> Iterator[list[Edge]]:
        if number == found.tickets:
            yield edges
            return
        yield from extend(number + 1, taken, edges)
        for slot in options[number]:
            if slot not in taken:
                yield from extend(number + 1, taken | {slot}, [*edges, (number, slot)])

    return extend(0, frozenset(), [])


def chosen_by(found: Problem) -> list[Edge]:
    solution = solve(found)
    assert solution.proven
    assert solution.left_out.none
    return [(number, int(slot)) for number, slot in enumerate(solution.slot) if slot >= 0]


COORDINATE = st.integers(-40, 40).map(lambda tenths: tenths / 100)
TICKETS = st.lists(
    st.tuples(st.sampled_from(PRIORITY_LEVELS), COORDINATE, COORDINATE), min_size=0, max_size=5
)
EXPERTS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=0, max_size=4)
NEAREST = st.integers(1, 4)


@settings(max_examples=150, deadline=None)
@given(TICKETS, EXPERTS, NEAREST)
def test_no_choice_is_better_than_the_one_that_is_made_however_few_experts_are_looked_at(
    tickets: list[tuple[Priority, float, float]], experts: list[tuple[float, float]], most: int
) -> None:
    calls = [
        ticket(number, priority=priority, latitude=30 + y, longitude=-97 + x, work=15)
        for number, (priority, x, y) in enumerate(tickets)
    ]
    people = [
        expert(number, latitude=30 + y, longitude=-97 + x, shifts=ONE_WINDOW)
        for number, (x, y) in enumerate(experts)
    ]
    every = problem(calls, people)
    best = min((value(every, edges) for edges in every_matching(every)), default=([0] * 4, 0))
    few = problem(calls, people, Policy(horizon_working_days=0, nearest_experts=most))
    for found in (every, few):
        assert value(found, chosen_by(found)) == best


FEW_TICKETS = st.lists(
    st.tuples(st.sampled_from(PRIORITY_LEVELS), COORDINATE, COORDINATE), max_size=4
)
CAPACITIES = st.lists(st.tuples(COORDINATE, COORDINATE, st.integers(1, 2)), max_size=2)


@settings(max_examples=100, deadline=None)
@given(FEW_TICKETS, CAPACITIES)
def test_no_choice_within_what_experts_take_a_day_is_better(
    tickets: list[tuple[Priority, float, float]], experts: list[tuple[float, float, int]]
) -> None:
    found = problem(
        [
            ticket(number, priority=priority, latitude=30 + y, longitude=-97 + x, work=15)
            for number, (priority, x, y) in enumerate(tickets)
        ],
        [
            expert(number, latitude=30 + y, longitude=-97 + x, shifts=MORNING, most=most)
            for number, (x, y, most) in enumerate(experts)
        ],
    )
    room = {
        found.columns.expert_ids.index(expert(number).id): most
        for number, (_, _, most) in enumerate(experts)
    }

    def allowed(edges: list[Edge]) -> bool:
        load = [slot // found.windows for _, slot in edges]
        return all(load.count(number) <= most for number, most in room.items())

    chosen = chosen_by(found)
    assert allowed(chosen)
    choices = (value(found, edges) for edges in every_matching(found) if allowed(edges))
    assert value(found, chosen) == min(choices, default=([0] * 4, 0))


def country(seed: int, *, tickets: int, experts: int) -> Problem:
    """A random problem with preferences, capacities and several days."""
    random = Random(seed)
    calls = [
        ticket(
            number,
            priority=random.choice(PRIORITY_LEVELS),
            latitude=30 + random.uniform(-0.5, 0.5),
            longitude=-97 + random.uniform(-0.5, 0.5),
            due=at(random.randrange(8, 90)),
            known=frozenset({random.randrange(experts)}),
            work=15,
        )
        for number in range(tickets)
    ]
    people = [
        expert(
            number,
            latitude=30 + random.uniform(-0.5, 0.5),
            longitude=-97 + random.uniform(-0.5, 0.5),
            radius_km=random.choice((20, 40, 60)),
            most=random.choice((1, 2, 4)),
            level=random.choice((1, 2, 3, 5)),
            silences=random.choice((0, 0, 1)),
            shifts=MORNING,
        )
        for number in range(experts)
    ]
    return problem(calls, people, TODAY)


def test_random_countries_have_the_value_that_scipy_finds() -> None:
    for seed in range(60):
        random = Random(seed)
        found = country(seed, tickets=random.randrange(1, 40), experts=random.randrange(1, 15))
        slots = best_by_scipy(found.edges, found.level, found.slots, LEVELS)[: found.tickets]
        expected = [(number, int(slot)) for number, slot in enumerate(slots) if slot >= 0]
        solution = solve(found)
        if solution.repairs == 0:
            mine = [(it, int(slot)) for it, slot in enumerate(solution.slot) if slot >= 0]
            assert value(found, mine) == value(found, expected)
        assert solution.proven


def test_one_expert_more_never_makes_it_worse() -> None:
    for seed in range(40):
        random = Random(seed)
        calls = [
            ticket(it, priority=random.choice(PRIORITY_LEVELS), work=15,
                   latitude=30 + random.uniform(-0.4, 0.4))
            for it in range(random.randrange(1, 12))
        ]  # fmt: skip
        people = [
            expert(it, latitude=30 + random.uniform(-0.4, 0.4), shifts=MORNING)
            for it in range(random.randrange(2, 6))
        ]
        fewer, more = problem(calls, people[1:]), problem(calls, people)
        assert value(more, chosen_by(more)) <= value(fewer, chosen_by(fewer))


def test_what_is_booked_or_done_that_day_counts_in_what_an_expert_takes() -> None:
    booked = Visit(at(13), at(15), 30.0, -97.0, timedelta(minutes=30))
    calls = [ticket(number) for number in range(4)]
    for one, served in (
        (expert(1, most=3), 3),
        (expert(1, most=3, visits=(booked,)), 2),
        (expert(1, most=3, visits=(booked,), done=(at(8),)), 1),
        (expert(1, most=1, done=(at(8) - timedelta(days=1),)), 1),
        (expert(1, most=1, visits=(booked,)), 0),
    ):
        assert len(solved(calls, [one])) == served


@settings(max_examples=60, deadline=None)
@given(TICKETS, EXPERTS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(
    tickets: list[tuple[Priority, float, float]], experts: list[tuple[float, float]], random: Random
) -> None:
    calls = [
        ticket(number, priority=priority, latitude=30 + y, longitude=-97 + x)
        for number, (priority, x, y) in enumerate(tickets)
    ]
    people = [
        expert(number, latitude=30 + y, longitude=-97 + x, shifts=ONE_WINDOW)
        for number, (x, y) in enumerate(experts)
    ]
    first = solved(calls, people)
    random.shuffle(calls)
    assert solved(calls, people[::-1]) == first


def test_an_urgent_ticket_takes_the_only_window_however_far_it_is() -> None:
    calls = [ticket(1, priority="low"), ticket(2, priority="urgent", latitude=30.4)]
    assert list(solved(calls, [expert(1, shifts=ONE_WINDOW)])) == [2]


def test_on_the_day_clocks_change_windows_are_in_local_time() -> None:
    sunday = datetime(2026, 3, 8, 6, tzinfo=UTC)  # the night the clocks go forward
    calls = [ticket(it, due=sunday) for it in range(4)]
    found = build(snapshot(calls, [expert(1)], as_of=sunday), TODAY)
    starts = {start.hour for _, start in visits(found, solve(found)).values()}
    assert starts == {13, 15, 18, 20}


def test_nothing_to_do_is_no_error() -> None:
    assert solved([], []) == {}
    assert solved([ticket(1)], []) == {}
    assert solved([], [expert(1)]) == {}
