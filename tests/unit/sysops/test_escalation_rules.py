"""When a ticket that nobody comes to becomes a matter for people."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.messages import Priority
from api.sysops.assignment.escalation_rules import (
    SLA_WARNING,
    UNSERVED_FOR,
    Ahead,
    Search,
    escalation,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SEARCH = Search("normal", NOW - HOUR, unserved=True, refusals=0, due=NOW + 9 * DAY)


WEEK = Ahead(5)


def code(search: Search, ahead: Ahead = WEEK, **more: set[str]) -> str | None:
    found = escalation(search, NOW, ahead, **more)  # type: ignore[arg-type]
    return found[0] if found else None


@pytest.mark.parametrize("priority", UNSERVED_FOR)
def test_each_priority_is_looked_for_so_long_and_no_longer(priority: Priority) -> None:
    limit = UNSERVED_FOR[priority]
    due = replace(SEARCH, priority=priority, since=NOW - limit)
    assert code(due) == "no_expert"
    assert code(replace(due, since=due.since + timedelta(seconds=1))) is None
    assert code(replace(due, unserved=False)) is None


def test_a_wish_for_later_is_looked_for_when_runs_plan_that_far() -> None:
    """Five working days after a Monday end on the next one; a holiday among them adds a day."""
    early = replace(SEARCH, since=NOW - DAY, wish=NOW + 8 * DAY, due=NOW + 30 * DAY)
    assert code(early) is None
    assert code(early, Ahead(5, {NOW.date() + 2 * DAY})) == "no_expert"
    assert code(replace(early, wish=NOW + 7 * DAY)) == "no_expert"
    # In Honolulu that Monday began ten hours later, five hours ago.
    hawaii = (NOW + 7 * DAY).astimezone(ZoneInfo("Pacific/Honolulu"))
    assert code(replace(early, wish=hawaii)) is None


@pytest.mark.parametrize(("refusals", "expected"), [(2, None), (3, "refused"), (4, "refused")])
def test_three_who_could_not_are_enough(refusals: int, expected: str | None) -> None:
    assert code(replace(SEARCH, refusals=refusals)) == expected


@pytest.mark.parametrize(
    ("ahead", "words"), [(SLA_WARNING, "ends soon"), (timedelta(0), "is over"), (-DAY, "is over")]
)
def test_a_due_time_that_comes_near_is_told_before_it_breaks(ahead: timedelta, words: str) -> None:
    found = escalation(replace(SEARCH, due=NOW + ahead), NOW, WEEK)
    assert found is not None
    assert found[0] == "sla_at_risk"
    assert words in found[1]
    assert code(replace(SEARCH, due=NOW + SLA_WARNING + HOUR)) is None
    assert code(replace(SEARCH, due=NOW + HOUR, wish=NOW + HOUR)) is None


@given(
    st.booleans(),
    st.integers(0, 5),
    st.timedeltas(timedelta(0), 3 * DAY),
    st.timedeltas(-DAY, 3 * DAY),
)
def test_what_is_escalated_stays_so_while_time_passes(
    unserved: bool, refusals: int, searched: timedelta, ahead: timedelta
) -> None:
    search = Search("normal", NOW - searched, unserved, refusals, NOW + ahead)
    if escalation(search, NOW, WEEK) is not None:
        assert escalation(search, NOW + HOUR, WEEK) is not None
    assert code(search, only=set()) is None
