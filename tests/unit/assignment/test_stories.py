"""What of a ticket's day is given, and from when on it is a policy's to serve."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.assignment.backtest.stories import Event, Story, story

BEGINS = datetime(2026, 3, 2, 5, tzinfo=UTC)  # midnight in New York
ENDS = BEGINS + timedelta(days=1)
ZONE = "America/Chicago"
TOMORROW = datetime(2026, 3, 3, 6, tzinfo=UTC)  # midnight in Chicago


def at(hour: float) -> datetime:
    """Hours since the day began."""
    return BEGINS + timedelta(hours=hour)


OPENED = ("open", -30, "submitted", "open")
ASSIGNED = ("assign", -20, "open", "assigned")
ACCEPTED = ("accept", -19, "assigned", "accepted")
STARTED = ("start", -3, "accepted", "in_progress")
NOBODY_HOME = [
    OPENED, ASSIGNED, ACCEPTED, ("no_show", -18, "accepted", "open"),
    ("assign", -17, "open", "assigned"), ("accept", -16, "assigned", "accepted"),
]  # fmt: skip
CASES: dict[str, tuple[list[tuple[Any, ...]], Story]] = {
    "open when the day begins": ([OPENED], Story(since=BEGINS)),
    "opened on the day, and what was then done is left aside": (
        [("open", 3, "submitted", "open"), ("assign", 4, "open", "assigned")],
        Story(since=at(3)),
    ),
    "opened when the day is over": ([("open", 24, "submitted", "open")], Story()),
    "escalated for want of an expert": (
        [OPENED, ("escalate", -1, "open", "escalated")],
        Story(since=BEGINS),
    ),
    "proposed, and rejected on the day": (
        [OPENED, ASSIGNED, ("reject", 2, "assigned", "open")],
        Story(since=at(2), standing="it", released=at(2)),
    ),
    "rejected, when no action was kept": (
        [OPENED, ASSIGNED, (None, 2, "assigned", "open")],
        Story(since=at(2), standing="it", released=at(2)),
    ),
    "a visit that comes": (
        [OPENED, ASSIGNED, ACCEPTED, ("start", 9, "accepted", "in_progress"),
         ("complete", 10, "in_progress", "resolved")],
        Story(standing="it"),
    ),
    "a visit that does not repair it holds its time": (
        [OPENED, ASSIGNED, ACCEPTED, STARTED, ("follow_up", 1, "in_progress", "open")],
        Story(since=at(1), standing="it"),
    ),
    "nobody at home waits for the next day there": (
        [OPENED, ASSIGNED, ACCEPTED, ("no_show", 9, "accepted", "open")],
        Story(since=at(9), standing="it", earliest=TOMORROW),
    ),
    "twice nobody at home waits for a call": (
        [*NOBODY_HOME, ("no_show", 5, "accepted", "escalated")],
        Story(standing="it"),
    ),
    "and is served when another time is agreed": (
        [*NOBODY_HOME, ("no_show", 5, "accepted", "escalated"),
         ("reschedule", 7, "escalated", "open")],
        Story(since=at(7), standing="it"),
    ),
    "cancelled while it waits": (
        [OPENED, ("cancel", 6, "open", "cancelled")],
        Story(since=BEGINS, gone=at(6)),
    ),
    "cancelled on a later day": (
        [OPENED, ("cancel", 30, "open", "cancelled")], Story(since=BEGINS)
    ),
    "cancelled while a visit stands": (
        [OPENED, ASSIGNED, ("cancel", 6, "assigned", "cancelled")],
        Story(standing="it", released=at(6)),
    ),
    "rescheduled on a later day has lost its wishes": (
        [OPENED, ("reschedule", 40, "open", "open")],
        Story(since=BEGINS, rescheduled=True),
    ),
    "resolved before, reopened on the day": (
        [OPENED, ASSIGNED, ACCEPTED, STARTED, ("complete", -2, "in_progress", "resolved"),
         ("reopen", 8, "resolved", "open")],
        Story(since=at(8)),
    ),
    "resolved and closed": (
        [OPENED, ASSIGNED, ACCEPTED, STARTED, ("complete", -2, "in_progress", "resolved"),
         ("close", 8, "resolved", "closed")],
        Story(),
    ),
    "corrected while it waits": ([OPENED, ("amend", 2, "open", "open")], Story(since=BEGINS)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_tickets_day_is_told_from_its_events(case: str) -> None:
    rows, told = CASES[case]
    events = [Event(at(hour), action, before, after, "it") for action, hour, before, after in rows]
    assert story(events, BEGINS, ENDS, ZONE) == told
