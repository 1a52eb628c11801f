"""A run's decision in words: what each term, rule and alternative says, and what none may say."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.messages import TicketStatus, Window
from api.sysops.assignment import aftermath
from api.sysops.assignment.aftermath import Proposed, Standing
from api.sysops.assignment.explanation import (
    REMOVED,
    Alternative,
    Decided,
    Known,
    alternatives,
    why,
)
from api.sysops.assignment.policy import Policy
from api.sysops.tickets.rules import Outcome

ANN, BOB, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)
AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)  # Monday, 06:00 in Chicago


def window(hour: int, day: int = 0) -> Window:
    """Two hours of that Monday in Chicago, or of a later day."""
    start = AS_OF + timedelta(hours=hour - 6, days=day)
    return Window(start, start + timedelta(hours=2))


MONDAY_8, MONDAY_10 = window(8), window(10)
SAYS_8 = "Monday, March 2, 8:00 AM to 10:00 AM CST"
SAYS_10 = "Monday, March 2, 10:00 AM to 12:00 PM CST"
KNOWN = Known(
    experts={ANN: "Ann Moe", BOB: "Bob Lee"},
    tickets={OTHER: (100_123, "urgent")},
    time_zone="America/Chicago",
    priority="low",
    due=AS_OF + timedelta(hours=1),
    policy=Policy(),
)
CHOSEN = Decided(
    outcome="assigned",
    as_of=AS_OF,
    proven=True,
    reason="Best of 12.",
    expert_id=BOB,
    window=MONDAY_8,
    travel_km=8.2,
    cost=324,
    candidates=12,
    terms={"travel": 82, "late": 180, "waiting": 2, "load": 30, "level_above": 20, "x_y": 10},
)
NOBODY = Decided(outcome="unserved", as_of=AS_OF, proven=True, reason="There is no active expert.")


def changed(decided: Decided, **more: Any) -> Decided:
    return Decided(**{**vars(decided), **more})


def other(**more: Any) -> Alternative:
    facts = {"expert_id": ANN, "start": MONDAY_10.start, "end": MONDAY_10.end}
    return Alternative(**{**facts, "travel_km": 5.2, "cost": 400, **more})


def test_who_comes_when_from_how_far_and_what_that_costs_the_largest_part_first() -> None:
    assert why(CHOSEN, KNOWN) == [
        (
            f"Bob Lee was chosen to come {SAYS_8}, 8.2 km by road from home: the best of 12"
            " suitable experts for all open tickets together."
        ),
        (
            "It costs 324 cost units: late by 3 hours: 180; 8.2 km by road: 82; 2 other visits that"
            " day: 30; 1 level above what is needed: 20; something else: 10; 2 hours from the run"
            " to the visit: 2."
        ),
    ]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"candidates": 1}, "from home: the only expert who could come."),
        ({"proven": False}, "from home: one of 12 suitable experts."),
        ({"cost": 0, "terms": {}}, "It costs nothing: no term of the policy counts against it."),
        ({"terms": {}}, "It costs 324 cost units; what that is made of was not kept."),
        ({"window": None}, "It costs 324 cost units; what that is made of was not kept."),
        ({"terms": {"load": 31}}, "other visits that day: 31."),
        ({"terms": {"silence": 100}}, "1 proposal left unanswered: 100."),
        (
            {"terms": {"unknown_customer": 40}},
            "has not worked for this customer within two years: 40.",
        ),
        ({"outcome": "skipped", "reason": "It changed."}, "proposed. It changed. The next run"),
        ({"expert_id": None}, "An expert was chosen to come"),
    ],
)
def test_what_is_not_known_is_not_claimed(more: dict[str, Any], said: str) -> None:
    assert said in " ".join(why(changed(CHOSEN, **more), KNOWN))


@pytest.mark.parametrize(
    ("it", "said"),
    [
        (
            other(taken_by=OTHER, more=41),
            (
                f"Ann Moe lives 3.0 km nearer, but {SAYS_10} went to ticket 100123 (urgent); to"
                " give it to this ticket would cost at least 41 cost units more in total."
            ),
        ),
        (
            other(taken_by=OTHER, needed_for="urgent"),
            (
                f"Ann Moe lives 3.0 km nearer, but {SAYS_10} went to ticket 100123 (urgent); that"
                " time is needed for urgent tickets: one of them would stay without a visit."
            ),
        ),
        (
            other(taken_by=uuid4(), more=0),
            (
                f"Ann Moe lives 3.0 km nearer, but {SAYS_10} went to another ticket; to give it to"
                " this ticket would not cost less in total."
            ),
        ),
        (
            other(taken_by=OTHER),
            f"Ann Moe lives 3.0 km nearer, but {SAYS_10} went to ticket 100123 (urgent).",
        ),
        (
            other(needed_for="capacity", day_is_full=True),
            f"Ann Moe lives 3.0 km nearer, but takes no more visits on the day of {SAYS_10}.",
        ),
        (
            other(day_is_full=True, more=7),
            (
                f"Ann Moe lives 3.0 km nearer, but takes no more visits on the day of {SAYS_10}; to"
                " give it to this ticket would cost at least 7 cost units more in total."
            ),
        ),
        (
            other(travel_km=17.2, more=41),
            (
                f"Ann Moe lives 9.0 km farther away and is free {SAYS_10}, later, and would cost 41"
                " cost units more."
            ),
        ),
        (
            other(travel_km=8.25, start=MONDAY_8.start, end=MONDAY_8.end),
            f"Ann Moe lives as far away and is free {SAYS_8}, and would cost 76 cost units more.",
        ),
    ],
)
def test_each_alternative_says_what_is_in_its_way_and_what_it_would_cost(
    it: Alternative, said: str
) -> None:
    assert alternatives(changed(CHOSEN, alternatives=[it]), KNOWN) == [said]


def test_nobody_who_could_come_is_told_by_the_rules_the_gravest_number_first() -> None:
    removed = {"skill": 180, "radius": 12, "no_free_window": 1, "excluded": 0, "new_rule": 2}
    assert why(changed(NOBODY, removed=removed), KNOWN) == [
        (
            "Nobody could be sent: of the active experts, 180 lack the skill or its level; 12 live"
            " too far away; 2 are out by another rule; 1 has no free window that suits, or as many"
            " visits as that expert takes."
        )
    ]
    assert why(NOBODY, KNOWN) == ["Nobody was sent. There is no active expert."]


def test_nobody_who_was_left_is_told_with_who_has_the_windows() -> None:
    full = changed(
        NOBODY,
        candidates=2,
        removed={"skill": 3},
        alternatives=[
            other(taken_by=OTHER, more=41),
            other(expert_id=BOB, taken_by=OTHER, needed_for="urgent"),
            other(),
        ],
    )
    assert why(full, KNOWN) == [
        (
            "Nobody could be sent: no window of 2 suitable experts was left for this ticket: others"
            " came first, or cost less there."
        ),
        "Of all other experts, 3 lack the skill or its level.",
    ]
    assert alternatives(full, KNOWN) == [
        (
            f"Ann Moe lives 5.2 km away by road, but {SAYS_10} went to ticket 100123 (urgent); to"
            " serve this ticket instead would leave another low one without a visit, at a cost of"
            " at least 41 cost units more in total."
        ),
        (
            f"Bob Lee lives 5.2 km away by road, but {SAYS_10} went to ticket 100123 (urgent); that"
            " time is needed for urgent tickets: one of them would stay without a visit."
        ),
        (
            f"Ann Moe lives 5.2 km away by road and is free {SAYS_10}, but could not drive there"
            " and to the day's other visits in time."
        ),
    ]


_COUNTS = st.integers(0, 10_000)
_IDS = st.sampled_from([ANN, BOB, OTHER, UUID(int=99)])
_WINDOWS = st.builds(window, st.integers(0, 21), st.integers(0, 300))
_TERMS = st.sampled_from(
    ["travel", "late", "waiting", "load", "level_above", "unknown_customer", "silence", "new_one"]
)
_ALTERNATIVES = st.builds(
    lambda when, **more: Alternative(start=when.start, end=when.end, **more),
    _WINDOWS,
    expert_id=_IDS,
    travel_km=st.floats(0, 500),
    cost=_COUNTS,
    more=st.none() | st.integers(-5, 1000),
    needed_for=st.none() | st.sampled_from(["urgent", "high", "normal", "low", "capacity"]),
    taken_by=st.none() | _IDS,
    day_is_full=st.booleans(),
)
_DECIDED = st.builds(
    Decided,
    outcome=st.sampled_from(["assigned", "unserved", "skipped"]),
    as_of=st.just(AS_OF),
    proven=st.none() | st.booleans(),
    reason=st.just("The contract is not in force."),
    expert_id=st.none() | _IDS,
    window=st.none() | _WINDOWS,
    travel_km=st.none() | st.floats(0, 500),
    cost=st.none() | _COUNTS,
    candidates=_COUNTS,
    removed=st.dictionaries(st.sampled_from([*REMOVED, "some_other_rule"]), _COUNTS),
    terms=st.dictionaries(_TERMS, _COUNTS),
    alternatives=st.lists(_ALTERNATIVES, max_size=3),
)
CODE_OR_ID = re.compile(r"None|[a-z]_[a-z]|[0-9a-f]{8}-[0-9a-f]{4}|\s\s|\.\.|: \.|-\d")


# A decision has many fields, and a busy machine takes its time to draw them.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(decided=_DECIDED, policy=st.none() | st.just(Policy()))
def test_every_decision_gives_sentences_that_people_can_read(
    decided: Decided, policy: Policy | None
) -> None:
    known = replace(KNOWN, policy=policy)
    told = alternatives(decided, known)
    assert len(told) == len(decided.alternatives)
    sentences = [*why(decided, known), *told]
    assert sentences
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert not CODE_OR_ID.search(sentence), sentence


@given(
    status=st.sampled_from(
        ["proposed", "accepted", "rejected", "expired", "withdrawn", "completed"]
    ),
    outcome=st.none() | st.sampled_from(get_args(Outcome)),
    by=st.none() | st.just("Mia Manager"),
    pinned=st.booleans(),
)
def test_whatever_became_of_a_proposal_can_be_said(
    status: str, outcome: Outcome | None, by: str | None, pinned: bool
) -> None:
    proposal = Proposed(
        "Bob Lee", MONDAY_8, 8.2, status, outcome, AS_OF, AS_OF, AS_OF, True, by, pinned
    )
    for sentence in aftermath.by_hand(proposal, KNOWN):
        assert "Bob Lee" in sentence or "visit is off" in sentence
        assert sentence.endswith(".")
        assert not CODE_OR_ID.search(sentence), sentence


@pytest.mark.parametrize("status", get_args(TicketStatus))
@pytest.mark.parametrize("at_work", [True, False])
def test_where_a_ticket_stands_can_be_said(status: TicketStatus, at_work: bool) -> None:
    for absences, last in ((0, None), (2, AS_OF)):
        said = aftermath.now_it_is(Standing(status, absences, last, at_work), KNOWN)
        assert said.startswith("The ticket")
        assert not CODE_OR_ID.search(said), said
