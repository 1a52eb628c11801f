"""The timeline speaks plain words, and keeps to itself what is between the expert and us."""

from typing import get_args

import pytest

from api.customer.tickets.words import tell
from api.messages import TicketStatus

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
