"""What became of a notification follows from its attempts, in whatever order word of them comes."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.notifications.rules import (
    OUTCOMES,
    REPORTED,
    STATUSES,
    Outcome,
    Status,
    Step,
    Try,
    Word,
    is_answered,
    merged,
    next_step,
    word_of,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1).flatmap(
    lambda told: st.tuples(st.just(told), st.permutations(told * 2))
))  # fmt: skip
def test_reports_in_any_order_and_twice_say_the_same(
    words: tuple[list[Outcome], list[Outcome]],
) -> None:
    once, shuffled = words
    assert reduce(merged, shuffled) == reduce(merged, once)


@pytest.mark.parametrize(
    ("known", "told", "result"),
    [
        ("taken", "failed", "failed"),
        ("failed", "taken", "failed"),
        ("failed", "delivered", "delivered"),
        ("delivered", "failed", "delivered"),
        ("asked", "taken", "taken"),
        ("deferred", "taken", "taken"),
        ("taken", "deferred", "taken"),
    ],
)
def test_the_stronger_word_stays(known: Outcome, told: Outcome, result: Outcome) -> None:
    assert merged(known, told) == result


def test_every_final_word_of_the_provider_is_final_here() -> None:
    assert {word for word, it in REPORTED.items() if it == "failed"} == {
        "undelivered",
        "failed",
        "canceled",
    }
    assert REPORTED["delivered"] == "delivered"


@pytest.mark.parametrize(
    ("status", "tries", "step"),
    [
        ("queued", [], "send"),
        ("queued", [(1, "asked")], "send"),
        ("queued", [(1, "deferred"), (1, "deferred")], "send"),
        ("queued", [(1, "deferred"), (1, "taken")], "sent"),
        # The provider had it although we heard nothing, and its report came before the next try.
        ("queued", [(1, "taken"), (1, "deferred")], "sent"),
        ("queued", [(1, "failed")], "failed"),
        ("queued", [(1, "failed"), (1, "taken")], "sent"),
        ("queued", [(0, "failed")], "send"),
        ("queued", [(0, "failed"), (1, "deferred")], "send"),
        ("queued", [(0, "delivered")], "delivered"),
        ("sent", [(1, "taken")], "nothing"),
        ("sent", [(1, "delivered")], "delivered"),
        ("sent", [(1, "failed")], "failed"),
        ("sent", [(1, "failed"), (1, "taken")], "nothing"),
        ("sent", [], "nothing"),
        ("failed", [(1, "failed")], "nothing"),
        ("failed", [(1, "failed"), (1, "delivered")], "delivered"),
        ("delivered", [(1, "failed")], "nothing"),
        ("overtaken", [(1, "taken")], "nothing"),
    ],
)
def test_what_is_done_with_a_notification(
    status: Status, tries: list[tuple[int, Outcome]], step: Step
) -> None:
    assert next_step(status, 1, [Try(*it) for it in tries]) == step


@given(
    st.sampled_from(STATUSES),
    st.lists(st.builds(Try, st.integers(0, 2), st.sampled_from(OUTCOMES))),
)
def test_what_a_provider_has_is_never_sent_again(status: Status, tries: list[Try]) -> None:
    has_it = any(it.outcome == "delivered" or it == Try(1, "taken") for it in tries)
    if has_it or status != "queued":
        assert next_step(status, 1, tries) != "send"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        *((word, "stop") for word in ("STOP", "stopall", "UNSUBSCRIBE", "CANCEL", "End", "quit")),
        (" Stop. ", "stop"),
        ("STOP!", "stop"),
        ("opt  out", "stop"),
        *((word, "start") for word in ("START", "unstop", "Yes")),
        ("help", "help"),
        ("please stop by at noon", "other"),
        ("cancel my visit", "other"),
        ("", "other"),
    ],
)
def test_a_word_counts_when_it_stands_alone(text: str, word: Word) -> None:
    assert word_of(text) == word


@pytest.mark.parametrize(
    ("word", "ago", "answered"),
    [
        ("stop", timedelta(seconds=1), True),
        ("start", timedelta(seconds=1), True),
        ("help", None, True),
        ("help", timedelta(hours=23), False),
        ("other", timedelta(hours=24), True),
    ],
)
def test_two_machines_do_not_answer_each_other_for_ever(
    word: Word, ago: timedelta | None, answered: bool
) -> None:
    assert is_answered(word, None if ago is None else NOW - ago, NOW) is answered
