"""The timeline speaks plain words, and keeps to itself what is between the expert and us."""

from typing import get_args

import pytest

from api.customer.tickets.words import answer, next_step, tell
from api.messages import TicketRequestKind, TicketStatus
from api.sysops.tickets.rules import ACTIONS

STATUSES = get_args(TicketStatus)


@pytest.mark.parametrize("before", [None, *STATUSES])
@pytest.mark.parametrize("status", STATUSES)
def test_every_step_is_told_in_a_sentence(
    before: TicketStatus | None, status: TicketStatus
) -> None:
    words = tell(before, status, None)
    assert words[0].isupper()
    assert words.endswith(".")
    assert "_" not in words


@pytest.mark.parametrize(
    ("before", "status", "words"),
    [
        ("submitted", "open", "We have your ticket and are looking for an expert."),
        ("assigned", "open", "The expert cannot come; we are looking for another one."),
        ("accepted", "open", "The visit is off; we are looking for a new time."),
        ("in_progress", "open", "Another visit is needed; we are looking for a time. Why not."),
        ("resolved", "open", "The ticket is open again. Why not."),
        ("open", "cancelled", "The ticket is cancelled. Why not."),
    ],
)
def test_a_reason_is_told_where_it_is_meant_for_the_customer(
    before: TicketStatus, status: TicketStatus, words: str
) -> None:
    assert tell(before, status, "Why not.") == words


@pytest.mark.parametrize(
    ("before", "status", "action", "words"),
    [
        ("accepted", "accepted", "set_out", "The expert is on the way."),
        (
            "accepted",
            "open",
            "no_show",
            "The expert was there, but nobody was at home. Why not.",
        ),
        (
            "accepted",
            "open",
            "miss",
            "The expert did not come. We are sorry, and are looking for another one.",
        ),
        ("accepted", "open", "withdraw", "The visit is off; we are looking for a new time."),
        ("accepted", "in_progress", "start", "The expert is working on it. Why not."),
        ("assigned", "open", "reject", "The expert cannot come; we are looking for another one."),
        (
            "accepted",
            "open",
            "reschedule",
            "We are looking for a time that suits you better.",
        ),
        ("open", "open", "amend", "We have corrected what we know of your ticket."),
        ("open", "open", "raise_priority", "We have given your ticket a higher priority."),
        ("open", "escalated", "escalate", "A coordinator is looking after your ticket."),
        ("closed", "open", "reopen", "The ticket is open again. Why not."),
        ("open", "open", "something new", "We have noted something on your ticket."),
    ],
)
def test_an_action_is_told_as_what_it_was(
    before: TicketStatus, status: TicketStatus, action: str, words: str
) -> None:
    assert tell(before, status, "Why not.", action) == words


@pytest.mark.parametrize("action", [name for name, it in ACTIONS.items() if it.target is None])
def test_what_changes_no_status_has_words_of_its_own(action: str) -> None:
    for status in STATUSES:
        assert tell(status, status, None, action) != tell(status, status, None)


@pytest.mark.parametrize("status", STATUSES)
def test_a_customer_is_always_told_what_happens_next(status: TicketStatus) -> None:
    told = {
        next_step(
            status,
            pending=pending,
            expert_name="Eve",
            on_the_way=on_the_way,
            customer_absences=absences,
            may_reopen=may_reopen,
        )
        for pending in (None, "cancel")
        for on_the_way in (False, True)
        for absences in (0, 2)
        for may_reopen in (False, True)
    }
    assert all(words[0].isupper() and words.endswith(".") and "_" not in words for words in told)
    by_circumstance = {"open", "escalated", "accepted", "resolved", "closed"}
    assert len(told) == (3 if status in by_circumstance else 2)


@pytest.mark.parametrize(
    ("kind", "accepted", "reason", "allowed", "words"),
    [
        ("cancel", True, None, [], "The ticket is cancelled, as you asked."),
        (
            "cancel",
            False,
            "A ticket that is resolved cannot be cancelled.",
            ["reopen"],
            (
                "We could not cancel the ticket. A ticket that is resolved cannot be cancelled."
                " You can ask us to reopen the ticket."
            ),
        ),
        (
            "reopen",
            False,
            None,
            ["reschedule", "cancel"],
            (
                "We could not reopen the ticket. You can ask us to cancel the ticket or find"
                " another time."
            ),
        ),
        ("reschedule", False, None, [], "We could not find another time."),
    ],
)
def test_an_answer_says_what_was_done_or_why_not_and_what_can_be_asked_instead(
    kind: TicketRequestKind, accepted: bool, reason: str | None, allowed: list[str], words: str
) -> None:
    assert answer(kind, accepted=accepted, reason=reason, allowed=allowed) == words
