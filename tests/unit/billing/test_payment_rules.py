"""The dunning schedule and what follows from a charge nobody knows the end of."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.billing.invoices.rules import Finding, after, allowed, blocking, holding, outside
from api.billing.payments.rules import (
    CARD_REMOVED,
    DUNNING_DAYS,
    SHORTEST_WAIT,
    DunningState,
    after_decline,
    without_usable_card,
)
from api.kernel.outside.payments import Unknown

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_tried_on_each_planned_day_the_schedule_ends_after_the_last() -> None:
    state = after_decline(None, START)
    planned = []
    while state.next_at is not None:
        planned.append((state.next_at - START) // DAY)
        state = after_decline(state, state.next_at)
    assert tuple(planned) == DUNNING_DAYS
    assert state == DunningState("exhausted", len(DUNNING_DAYS), START, None)


@given(st.lists(st.timedeltas(timedelta(0), 30 * DAY), max_size=20))
def test_whenever_the_job_runs_two_tries_are_a_day_apart_and_at_most_four(
    waits: list[timedelta],
) -> None:
    state, now, tried = after_decline(None, START), START, [START]
    for wait in waits:
        now += wait
        if state.status == "running" and state.next_at is not None and state.next_at <= now:
            state = after_decline(state, now)
            tried.append(now)
    assert len(tried) <= 1 + len(DUNNING_DAYS)
    assert all(b - a >= SHORTEST_WAIT for a, b in pairwise(tried))


@given(st.timedeltas(timedelta(0), DAY - timedelta(microseconds=1)))
def test_a_try_before_its_time_uses_up_no_step(early: timedelta) -> None:
    state = after_decline(None, START)
    assert after_decline(state, START + early) == state


def test_an_exhausted_schedule_stays_exhausted() -> None:
    state = DunningState("exhausted", 4, START, None)
    assert after_decline(state, START + 100 * DAY) == state


def test_a_charge_that_cannot_be_repeated_is_declined_only_when_none_can_be_under_way() -> None:
    assert isinstance(without_usable_card(START, START + DAY), Unknown)
    assert without_usable_card(START, START + DAY + timedelta(seconds=1)) == CARD_REMOVED


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        ("drafted", ["approve", "draft", "hold"]),
        ("held", ["approve", "draft", "refuse"]),
        ("refused", ["draft"]),
        ("approved", ["issue"]),
        ("issued", ["charge", "finish"]),
        ("charging", ["finish"]),
        ("finished", []),
    ],
)
def test_a_run_allows_in_each_status_these_acts_and_no_others(status: str, acts: list[str]) -> None:
    assert allowed(status) == acts
    assert all((after(act, status) is not None) == (act in acts) for act in ("draft", "issue"))


def finding(severity: str, *, ok: bool) -> Finding:
    return Finding(name="a", severity=severity, ok=ok, detail=f"{severity} says no")  # type: ignore[arg-type]


def test_a_failed_note_holds_nothing_and_a_refusal_holds_for_good() -> None:
    assert holding([finding("note", ok=False), finding("hold", ok=True)], was_refused=False) == []
    assert holding([finding("hold", ok=False)], was_refused=False) == ["hold says no"]
    assert holding([], was_refused=True) == ["It was refused before."]
    assert blocking([finding("hold", ok=False), finding("block", ok=True)]) == []


@pytest.mark.parametrize(
    ("value", "last", "expected"),
    [(100, 100, False), (125, 100, False), (126, 100, True), (74, 100, True), (9, 0, False)],
)
def test_a_figure_is_outside_beyond_its_share_and_its_floor(
    value: int, last: int, expected: bool
) -> None:
    assert outside(value, last, 0.25, 10) is expected
