"""The optimum: priorities first, then least cost, within what experts take."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from api.messages import Priority, Window
from api.sysops.experts.days import Visit
from orchestration.assignment.policy import PRIORITY_LEVELS, Policy
from orchestration.assignment.problem import Problem, Snapshot, build
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import MORNING, ONE_WINDOW, at, expert, problem, ticket


def value(found: Problem, edges: list[int]) -> tuple[list[int], int]:
    """What is compared: tickets served at each priority, then cost (less is better)."""
    served = [found.snapshot.tickets[int(found.ticket[edge])].priority for edge in edges]
    counts = [-served.count(priority) for priority in PRIORITY_LEVELS]
    return counts, int(sum(found.cost[edge] for edge in edges))


def every_matching(found: Problem) -> Iterator[list[int]]:
    """All ways to serve tickets, by brute force."""

    def extend(number: int, taken: set[int], edges: list[int]) -> Iterator[list[int]]:
        if number == len(found.snapshot.tickets):
            yield edges
            return
        yield from extend(number + 1, taken, edges)
        for edge in range(len(found.ticket)):
            if found.ticket[edge] == number and int(found.slot[edge]) not in taken:
                slot = int(found.slot[edge])
                yield from extend(number + 1, taken | {slot}, [*edges, edge])

    return extend(0, set(), [])


COORDINATE = st.integers(-40, 40).map(lambda tenths: tenths / 100)
TICKETS = st.lists(
    st.tuples(st.sampled_from(PRIORITY_LEVELS), COORDINATE, COORDINATE), min_size=0, max_size=5
)
EXPERTS = st.lists(st.tuples(COORDINATE, COORDINATE), min_size=0, max_size=4)


@settings(max_examples=150, deadline=None)
@given(TICKETS, EXPERTS)
def test_no_choice_is_better_than_the_one_that_is_made(
    tickets: list[tuple[Priority, float, float]], experts: list[tuple[float, float]]
) -> None:
    found = problem(
        [
            ticket(number, priority=priority, latitude=30 + y, longitude=-97 + x, work=15)
            for number, (priority, x, y) in enumerate(tickets)
        ],
        [
            expert(number, latitude=30 + y, longitude=-97 + x, shifts=ONE_WINDOW)
            for number, (x, y) in enumerate(experts)
        ],
    )
    solution = solve(found)
    chosen = [int(edge) for edge in solution.edge if edge >= 0]
    best = min((value(found, edges) for edges in every_matching(found)), default=([0] * 4, 0))
    assert value(found, chosen) == best
    assert solution.objective == best[1]


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

    def allowed(edges: list[int]) -> bool:
        load = [found.slots[int(found.slot[edge])].expert for edge in edges]
        return all(load.count(number) <= most for number, (_, _, most) in enumerate(experts))

    chosen = [int(edge) for edge in solve(found).edge if edge >= 0]
    assert allowed(chosen)
    choices = (value(found, edges) for edges in every_matching(found) if allowed(edges))
    assert value(found, chosen) == min(choices, default=([0] * 4, 0))


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
        assert sum(edge >= 0 for edge in solve(problem(calls, [one])).edge) == served


@settings(max_examples=60, deadline=None)
@given(TICKETS, EXPERTS, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing_of_the_value(
    tickets: list[tuple[Priority, float, float]],
    experts: list[tuple[float, float]],
    random: object,
) -> None:
    calls = [
        ticket(number, priority=priority, latitude=30 + y, longitude=-97 + x)
        for number, (priority, x, y) in enumerate(tickets)
    ]
    people = [
        expert(number, latitude=30 + y, longitude=-97 + x, shifts=ONE_WINDOW)
        for number, (x, y) in enumerate(experts)
    ]
    first = problem(calls, people)
    random.shuffle(calls)  # type: ignore[attr-defined]
    second = problem(calls, people[::-1])
    values = [
        value(found, [int(edge) for edge in solve(found).edge if edge >= 0])
        for found in (first, second)
    ]
    assert values[0] == values[1]


def test_an_urgent_ticket_takes_the_only_window_however_far_it_is() -> None:
    found = problem(
        [ticket(1, priority="low"), ticket(2, priority="urgent", latitude=30.4)],
        [expert(1, shifts=ONE_WINDOW)],
    )
    solution = solve(found)
    assert [edge >= 0 for edge in solution.edge] == [False, True]


def test_a_lower_skill_level_a_far_home_and_an_exclusion_each_remove_an_expert() -> None:
    call = replace(ticket(1), excluded=frozenset({UUID(int=1003)}))
    found = problem([call], [expert(1, level=1), expert(2, latitude=31.0), expert(3)])
    assert dict(found.removed[0]) == {"skill": 1, "radius": 1, "excluded": 1}
    assert found.candidates == [0]


def test_the_customers_windows_bind() -> None:
    ten = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10:00 in Chicago
    found = problem([ticket(1, preferred=(Window(ten, ten + timedelta(hours=2)),))], [expert(1)])
    assert [found.slots[int(slot)].start for slot in found.slot] == [ten]


def test_on_the_day_clocks_change_windows_are_in_local_time() -> None:
    sunday = datetime(2026, 3, 8, 6, tzinfo=UTC)  # the night the clocks go forward
    found = build(Snapshot(sunday, (ticket(1),), (expert(1),)), Policy(horizon_days=0))
    assert [slot.start.astimezone(UTC).hour for slot in found.slots] == [13, 15, 18, 20]


def test_nothing_to_do_is_no_error() -> None:
    assert solve(problem([], [])).objective == 0
    assert solve(problem([ticket(1)], [])).edge.tolist() == [-1]
