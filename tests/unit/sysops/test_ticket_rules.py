"""The one table of transitions, and the rules around it."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.errors import TransitionRefused
from api.messages import Priority, TicketStatus, Window
from api.sysops.tickets import rules
from api.sysops.tickets.tables import STATUSES

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "action", "after"),
    [
        ("submitted", "open", "open"),
        ("open", "assign", "assigned"),
        ("escalated", "assign", "assigned"),
        ("assigned", "accept", "accepted"),
        ("assigned", "reject", "open"),
        ("assigned", "expire", "open"),
        ("accepted", "withdraw", "open"),
        ("accepted", "reschedule", "open"),
        ("accepted", "start", "in_progress"),
        ("accepted", "set_out", "accepted"),
        ("in_progress", "no_show", "open"),
        ("accepted", "no_show", "open"),
        ("accepted", "miss", "open"),
        ("in_progress", "follow_up", "open"),
        ("in_progress", "complete", "resolved"),
        ("resolved", "close", "closed"),
        ("open", "escalate", "escalated"),
        ("accepted", "cancel", "cancelled"),
        ("escalated", "reschedule", "open"),
        *((status, "amend", status) for status in ("open", "escalated", "in_progress")),
        ("escalated", "raise_priority", "escalated"),
    ],
)
def test_the_table_says_what_follows(
    status: TicketStatus, action: rules.Action, after: TicketStatus
) -> None:
    assert rules.next_status(status, action, now=NOW, resolved_at=None) == after


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("in_progress", "cancel"),
        ("cancelled", "open"),
        ("closed", "complete"),
        ("open", "accept"),
        ("resolved", "start"),
        ("in_progress", "set_out"),
        ("in_progress", "miss"),
        ("assigned", "no_show"),
        ("resolved", "amend"),
        ("in_progress", "raise_priority"),
    ],
)
def test_what_the_table_does_not_allow_is_refused_with_what_is(
    status: TicketStatus, action: rules.Action
) -> None:
    with pytest.raises(TransitionRefused) as refusal:
        rules.next_status(status, action, now=NOW, resolved_at=None)
    assert action not in refusal.value.allowed
    assert refusal.value.detail.startswith(f"A ticket that is {status.replace('_', ' ')} cannot ")
    assert "_" not in refusal.value.detail
    assert refusal.value.allowed == sorted(rules.allowed_actions(status, now=NOW, resolved_at=None))


@pytest.mark.parametrize(
    ("age", "allowed"),
    [(timedelta(0), True), (timedelta(days=14), True), (timedelta(days=14, seconds=1), False)],
)
def test_a_ticket_reopens_within_14_days_of_its_resolution(age: timedelta, allowed: bool) -> None:
    for status in ("resolved", "closed"):
        actions = rules.allowed_actions(status, now=NOW, resolved_at=NOW - age)
        assert ("reopen" in actions) is allowed


@given(
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(sorted(rules.ACTIONS)), max_size=30),
)
def test_whatever_is_tried_a_ticket_stays_in_a_known_state_and_cancelled_is_final(
    start: TicketStatus, actions: list[rules.Action]
) -> None:
    status: TicketStatus = start
    for action in actions:
        was_cancelled = status == "cancelled"
        try:
            status = rules.next_status(status, action, now=NOW, resolved_at=NOW)
        except TransitionRefused:
            continue
        assert not was_cancelled
        assert status in STATUSES


def test_every_state_but_the_final_one_can_be_left_and_every_state_can_be_reached() -> None:
    reached = {one.target for one in rules.ACTIONS.values() if one.target} | {"submitted"}
    left = {status for transition in rules.ACTIONS.values() for status in transition.sources}
    assert reached == set(STATUSES)
    assert set(STATUSES) - left == {"cancelled"}


def test_every_way_in_which_an_assignment_ends_is_counted_by_a_code_of_its_own() -> None:
    outcomes = [end.outcome for end in rules.ENDS_ASSIGNMENT.values()]
    assert sorted(outcomes) == sorted(get_args(rules.Outcome))
    assert rules.ENDS_ASSIGNMENT.keys() <= rules.ACTIONS.keys()
    assert set(rules.ACTIONS) == set(get_args(rules.Action))


@pytest.mark.parametrize(
    ("now", "wanted", "higher"),
    [
        ("normal", "urgent", True),
        ("low", "normal", True),
        ("high", "high", False),
        ("high", "low", False),
    ],
)
def test_a_priority_is_only_raised(now: Priority, wanted: Priority, higher: bool) -> None:
    assert rules.is_higher(wanted, now) is higher


@pytest.mark.parametrize(
    ("begins", "ends", "left"),
    [(-5, -3, False), (-5, 1, False), (-5, 2, True), (1, 4, True), (48, 50, True)],
)
def test_of_preferred_windows_those_are_left_that_a_visit_still_fits_in(
    begins: int, ends: int, left: bool
) -> None:
    window = Window(NOW + timedelta(hours=begins), NOW + timedelta(hours=ends))
    assert rules.windows_left([window], NOW) == [window] * left


def test_an_expert_never_has_longer_to_answer_than_until_the_visit() -> None:
    soon = NOW + timedelta(minutes=10)
    assert rules.answer_deadline("low", now=NOW, window_start=soon) == soon
    later = NOW + timedelta(days=1)
    assert rules.answer_deadline("urgent", now=NOW, window_start=later) == NOW + timedelta(
        minutes=15
    )
