"""What a visit costs, term by term."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from api.sysops.assignment.policy import (
    MAX_COST,
    MOST_COUNTED,
    MOST_SILENCES,
    ByPriority,
    Policy,
    too_dear,
)
from api.sysops.experts.days import Visit
from orchestration.assignment.costs import TERMS
from orchestration.assignment.explain import decisions
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import ONE_WINDOW, Expert, Ticket, at, expert, problem, ticket

NOTHING = Policy(
    horizon_working_days=0,
    per_km=0,
    per_hour_late=ByPriority(0, 0, 0, 0),
    per_hour_waiting=ByPriority(0, 0, 0, 0),
    per_visit_that_day=0,
    per_level_above=0,
    per_unknown_customer=0,
    per_silence=0,
)
CALL, BEN = ticket(1), expert(1, shifts=ONE_WINDOW)
BOOKED = Visit(at(13), at(15), 30.0, -97.0, timedelta(minutes=30))


@pytest.mark.parametrize(
    ("term", "weights", "call", "person", "cost"),
    [
        # 0.1 degrees of latitude are 11.12 km, 14.46 km by road.
        ("travel", {"per_km": 10}, replace(CALL, latitude=30.1), BEN, 145),
        ("travel", {"per_km": 10}, CALL, BEN, 0),
        ("late", {"per_hour_late": ByPriority(0, 0, 60, 0)}, replace(CALL, due=at(7.5)), BEN, 150),
        ("late", {"per_hour_late": ByPriority(9, 9, 60, 9)}, replace(CALL, due=at(10)), BEN, 0),
        (
            "late",
            {"per_hour_late": ByPriority(240, 0, 0, 0)},
            replace(CALL, due=at(9), priority="urgent"),
            BEN,
            240,
        ),
        ("waiting", {"per_hour_waiting": ByPriority(0, 0, 5, 0)}, CALL, BEN, 10),
        ("load", {"per_visit_that_day": 15}, CALL, replace(BEN, visits=(BOOKED,)), 15),
        ("load", {"per_visit_that_day": 15}, CALL, replace(BEN, done=(at(6), at(7))), 30),
        ("level_above", {"per_level_above": 20}, CALL, replace(BEN, level=5), 60),
        ("level_above", {"per_level_above": 20}, CALL, replace(BEN, level=2), 0),
        ("unknown_customer", {"per_unknown_customer": 40}, CALL, BEN, 40),
        ("unknown_customer", {"per_unknown_customer": 40}, replace(CALL, known=frozenset({1})),
         BEN, 0),
        ("silence", {"per_silence": 100}, CALL, replace(BEN, silences=2), 200),
    ],
)  # fmt: skip
def test_each_term_costs_what_its_weight_says(
    term: str, weights: dict[str, object], call: Ticket, person: Expert, cost: int
) -> None:
    policy = msgspec.structs.replace(NOTHING, **weights)
    found = problem([call], [person], policy)
    (decision,) = decisions(found, solve(found))
    assert decision.terms == ({term: cost} if cost else {})
    assert decision.cost == cost


def test_the_terms_of_a_decision_add_up_to_its_cost() -> None:
    calls = [ticket(number, latitude=30 + number / 50, due=at(number)) for number in range(12)]
    people = [expert(number, latitude=30 + number / 20, silences=number) for number in range(4)]
    found = problem(calls, people)
    for decision in decisions(found, solve(found)):
        if decision.cost is not None:
            assert sum(decision.terms.values()) == decision.cost
            assert set(decision.terms) <= set(TERMS)


@given(
    st.builds(
        Policy,
        horizon_working_days=st.just(0),
        per_km=st.integers(1, 1_000),
        per_hour_waiting=st.builds(ByPriority, *[st.integers(0, 2_777)] * 4),
        per_level_above=st.integers(0, 10_000),
        per_silence=st.integers(0, 10_000),
    ),
)
@example(msgspec.structs.replace(NOTHING, per_km=1_000))
@settings(max_examples=25, deadline=None)
def test_no_policy_that_is_taken_makes_experts_alike_whose_costs_differ(policy: Policy) -> None:
    assume(not too_dear(policy))
    # At the end of the largest radius, with all that can count against somebody.
    people = [
        expert(number, latitude=30 + away / 111.2, radius_km=500, level=5, silences=MOST_SILENCES)
        for number, away in ((1, 498), (2, 492))
    ]
    found = problem([CALL], people, policy)
    (decision,) = decisions(found, solve(found))
    assert decision.expert_id == people[1].id
    assert (decision.cost or 0) < MAX_COST


@given(
    st.sampled_from(list(MOST_COUNTED)),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
)
def test_what_is_said_to_be_possible_is_and_more_is_not(
    field: str, weight: int, km: int, level: int
) -> None:
    policy = msgspec.structs.replace(NOTHING, per_km=km, per_level_above=level)
    waiting = ByPriority(0, 0, weight, 0)
    policy = msgspec.structs.replace(
        policy, **{field: waiting if field == "per_hour_waiting" else weight}
    )
    worst = sum(
        most * max(msgspec.structs.astuple(it) if isinstance(it, ByPriority) else (it,))
        for it, most in ((getattr(policy, name), most) for name, (most, _) in MOST_COUNTED.items())
    )
    assert bool(too_dear(policy)) == (worst > MAX_COST)
    balanced = msgspec.structs.replace(policy, **dict.fromkeys(too_dear(policy), 0))
    assert not too_dear(balanced)


def test_however_late_a_ticket_is_the_way_to_it_still_counts() -> None:
    dear = msgspec.structs.replace(NOTHING, per_km=10, per_hour_late=ByPriority(9, 9, 10_000, 9))
    people = [replace(BEN, latitude=30.1), expert(2, latitude=30.2, shifts=ONE_WINDOW)]
    found = problem([replace(CALL, due=at(-5000))], people, dear)
    (decision,) = decisions(found, solve(found))
    assert decision.expert_id == people[0].id
    assert decision.terms == {"travel": 145, "late": 10_000 * 5010}


def test_of_two_tickets_for_one_window_the_one_that_would_be_later_is_served() -> None:
    overdue, fresh = replace(CALL, due=at(-48)), ticket(2, due=at(9 * 24))
    far = replace(overdue, latitude=30.4)
    for late in (overdue, far):
        found = problem([late, fresh], [BEN], Policy(horizon_working_days=2))
        served = {it.ticket_id for it in decisions(found, solve(found)) if it.expert_id}
        assert served == {late.id}
