"""The optimum: priorities first, then least cost, and nothing that cannot be driven."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from math import asin, cos, radians, sin, sqrt
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from api.messages import Priority, Window
from api.sysops.experts.days import Visit
from orchestration.assignment.policy import PRIORITY_LEVELS, Policy
from orchestration.assignment.problem import Expert, Problem, Snapshot, Ticket, build
from orchestration.assignment.solve import solve

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # Monday, 06:00 in Chicago
Shifts = dict[int, tuple[tuple[time, time], ...]]
EVERY_DAY: Shifts = {day: ((time(8), time(17)),) for day in range(1, 8)}


def ticket(
    number: int,
    *,
    priority: Priority = "normal",
    latitude: float = 30.0,
    longitude: float = -97.0,
    skill: str = "laptop",
    preferred: tuple[Window, ...] = (),
    work: int = 60,
) -> Ticket:
    return Ticket(
        id=UUID(int=number),
        version=1,
        priority=priority,
        ticket_type="t",
        latitude=latitude,
        longitude=longitude,
        work=timedelta(minutes=work),
        due=NOW + timedelta(days=2),
        preferred=preferred,
        skills=((skill, 2),),
        excluded=frozenset(),
    )


def expert(
    number: int,
    *,
    latitude: float = 30.0,
    longitude: float = -97.0,
    radius_km: float = 50,
    shifts: Shifts | None = None,
    level: int = 3,
    visits: tuple[Visit, ...] = (),
    done: tuple[datetime, ...] = (),
    most: int = 4,
) -> Expert:
    return Expert(
        id=UUID(int=1000 + number),
        latitude=latitude,
        longitude=longitude,
        radius_km=radius_km,
        time_zone="America/Chicago",
        silences=0,
        skills={"laptop": (level, date(2030, 1, 1))},
        shifts=EVERY_DAY if shifts is None else shifts,
        absent=(),
        visits=visits,
        done=done,
        most_visits_a_day=most,
    )


ONE_WINDOW: Shifts = {1: ((time(8), time(10)),)}


def problem(tickets: list[Ticket], experts: list[Expert], days: int = 0) -> Problem:
    return build(Snapshot(NOW, tuple(tickets), tuple(experts)), Policy(horizon_days=days))


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


MORNING: Shifts = {1: ((time(8), time(12)),)}
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


def test_two_visits_too_far_apart_for_one_expert_are_not_both_planned() -> None:
    here = ticket(1, latitude=29.0, work=120)
    there = ticket(2, latitude=31.0, work=120)
    found = problem([here, there], [expert(1, radius_km=200, shifts=MORNING)])
    solution = solve(found)
    assert sorted(edge >= 0 for edge in solution.edge) == [False, True]
    assert solution.repairs > 0


def test_a_booked_neighbour_out_of_reach_bars_the_window_beside_it() -> None:
    eight = datetime(2026, 3, 2, 14, tzinfo=UTC)
    booked = Visit(eight, eight + timedelta(hours=2), 31.5, -97.0, timedelta(minutes=120))
    found = problem([ticket(1, work=120)], [expert(1, radius_km=200, visits=(booked,))])
    starts = [found.slots[int(slot)].start.astimezone(UTC).hour for slot in found.slot]
    assert 14 not in starts, "the booked window itself"
    assert 16 not in starts, "the next one, 160 km away"
    assert 21 in starts


def test_nothing_to_do_is_no_error() -> None:
    assert solve(problem([], [])).objective == 0
    assert solve(problem([ticket(1)], [])).edge.tolist() == [-1]


def at(hour: int) -> datetime:
    """An hour of that Monday in Chicago."""
    return datetime(2026, 3, 2, hour + 6, tzinfo=UTC)


def test_visits_that_fit_two_and_two_but_not_all_in_one_day_are_not_all_planned() -> None:
    # Two hours here; an hour's drive and an hour's work; two hours' drive and two hours' work.
    first = ticket(1, latitude=30.0, work=120, preferred=(Window(at(8), at(10)),))
    second = ticket(2, latitude=30.41, work=60, preferred=(Window(at(10), at(12)),))
    third = ticket(3, latitude=31.2, work=120, preferred=(Window(at(13), at(15)),))
    found = problem([first, second, third], [expert(1, radius_km=200)])
    for pair in ([first, second], [second, third], [first, third]):
        alone = solve(problem(pair, [expert(1, radius_km=200)]))
        assert min(alone.edge) >= 0, "two of them are possible"
    solution = solve(found)
    assert sorted(edge >= 0 for edge in solution.edge) == [False, True, True]


def test_a_delay_that_bookings_pass_on_bars_a_window_after_them() -> None:
    def visit(hour: int, latitude: float, minutes: int) -> Visit:
        return Visit(at(hour), at(hour + 2), latitude, -97.0, timedelta(minutes=minutes))

    booked = (visit(8, 30.0, 120), visit(10, 30.41, 60))
    far = ticket(1, latitude=31.2, work=120, preferred=(Window(at(13), at(15)),))
    assert len(problem([far], [expert(1, radius_km=200, visits=booked[1:])]).ticket) == 1
    assert len(problem([far], [expert(1, radius_km=200, visits=booked)]).ticket) == 0


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


@settings(max_examples=100, deadline=None)
@given(JOBS)
def test_no_expert_is_ever_given_a_day_that_cannot_be_driven(
    jobs: list[tuple[float, float, int]],
) -> None:
    calls = [
        ticket(number, latitude=30 + y, longitude=-97 + x, work=work)
        for number, (x, y, work) in enumerate(jobs)
    ]
    found = problem(calls, [expert(1, radius_km=300), expert(2, radius_km=300)])
    assert not any(late(day) for day in days_of(found))


def days_of(found: Problem) -> list[Day]:
    """The days that a solution plans, one an expert: the horizon of these tests."""
    days: dict[int, Day] = {}
    for number, edge in enumerate(solve(found).edge):
        if edge >= 0:
            slot, call = found.slots[int(found.slot[edge])], found.snapshot.tickets[number]
            days.setdefault(slot.expert, []).append(
                (slot.start, slot.end, call.work, call.latitude, call.longitude)
            )
    return list(days.values())


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
    found = problem(calls, [expert(number, radius_km=250) for number in range(8)])
    days = days_of(found)
    assert not any(late(day) for day in days)
    assert sum(len(day) for day in days) >= 16, "half of the windows, and the rest next time"
