"""What is told of a choice: other experts, who has their windows, and what they would cost."""

from dataclasses import replace

from orchestration.assignment.explain import Decision, decisions
from orchestration.assignment.solve import solve
from tests.unit.assignment.small import ONE_WINDOW, Expert, Ticket, expert, problem, ticket


def decided(calls: list[Ticket], people: list[Expert]) -> dict[str, Decision]:
    found = problem(calls, people)
    return {it.ticket_id: it for it in decisions(found, solve(found))}


def test_a_nearer_expert_whose_window_went_to_another_ticket_is_told_with_the_price() -> None:
    near = expert(1, shifts=ONE_WINDOW)
    far = expert(2, latitude=30.3, shifts=ONE_WINDOW)
    urgent, normal = ticket(1, priority="urgent"), ticket(2, latitude=30.05)
    found = decided([urgent, normal], [near, far])[normal.id]
    assert found.expert_id == far.id
    (told,) = found.alternatives
    assert (told.expert_id, told.taken_by) == (near.id, urgent.id)
    assert told.cost < (found.cost or 0)
    # 0.3 and 0.05 degrees instead of 0.25 are 14.46 km by road more: 145 units.
    assert told.more is not None
    assert 0 < told.more <= 145


def test_a_window_that_more_important_tickets_need_is_told_as_such() -> None:
    only = expert(1, shifts=ONE_WINDOW)
    urgent, low = ticket(1, priority="urgent"), ticket(2, priority="low")
    found = decided([urgent, low], [only])[low.id]
    assert found.expert_id is None
    assert found.reason.startswith("Every free window of the 1 suitable expert(s) went to")
    (told,) = found.alternatives
    assert (told.needed_for, told.taken_by) == ("urgent", urgent.id)
    assert told.more is None


def test_a_free_expert_who_is_farther_costs_at_least_as_much_more_as_the_way() -> None:
    near, far = expert(1, shifts=ONE_WINDOW), expert(2, latitude=30.3, shifts=ONE_WINDOW)
    found = decided([ticket(1)], [near, far])[ticket(1).id]
    (told,) = found.alternatives
    assert told.taken_by is None
    assert told.more == told.cost - (found.cost or 0)
    assert told.more > 0


def test_three_alternatives_at_most_are_told_the_cheapest_first() -> None:
    people = [expert(number, latitude=30 + number / 50) for number in range(6)]
    (found,) = decided([ticket(1)], people).values()
    assert [it.expert_id for it in found.alternatives] == [it.id for it in people[1:4]]


def test_a_day_that_takes_no_more_visits_is_told_as_full() -> None:
    tired = expert(1, most=1)
    urgent, low = ticket(1, priority="urgent"), ticket(2, priority="low")
    found = decided([urgent, low], [tired])[low.id]
    (told,) = found.alternatives
    assert told.needed_for in {"urgent", "capacity"}


def test_why_nobody_comes_counts_experts_by_rule() -> None:
    people = [expert(1, level=1), expert(2, latitude=35.0), replace(expert(3), level=1)]
    (found,) = decided([ticket(1)], people).values()
    assert found.reason == "No expert can come: 2 lack the skill or its level; 1 live too far away."
    assert (found.candidates, found.removed, found.alternatives) == (
        0,
        {"skill": 2, "radius": 1},
        [],
    )


def test_without_any_expert_it_says_so() -> None:
    (found,) = decided([ticket(1)], []).values()
    assert found.reason == "There is no active expert."


def test_an_expert_who_takes_one_visit_a_day_and_has_none_is_free() -> None:
    found = decided([ticket(1)], [expert(1), expert(2, latitude=30.1, most=1)])[ticket(1).id]
    (told,) = found.alternatives
    assert not told.day_is_full
    assert told.taken_by is None
    assert told.more is not None
    assert told.more > 0
