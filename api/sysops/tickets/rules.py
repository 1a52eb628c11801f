"""The life of a ticket: one table of transitions, and the few rules around it. Pure.

`ACTIONS` is the whole state machine; nothing else decides a status.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from api.kernel.errors import TransitionRefused
from api.messages import Priority, TicketStatus, Window

Action = Literal[
    "open", "assign", "accept", "reject", "expire", "withdraw", "reschedule", "start", "no_show",
    "follow_up", "complete", "close", "reopen", "escalate", "cancel",
]  # fmt: skip

REOPEN_WITHIN = timedelta(days=14)
CLOSE_AFTER = timedelta(days=14)
# An expert's arrival window is two hours and lies inside a preferred one, or none is found.
SHORTEST_WINDOW = timedelta(hours=2)
FARTHEST_WINDOW = timedelta(days=60)
LOW_SCORE = 2
"""A survey score (1 to 5) up to this one alerts the managers."""

# How long an expert may take to answer, by the ticket's priority.
ANSWER_WITHIN: dict[Priority, timedelta] = {
    "urgent": timedelta(minutes=15),
    "high": timedelta(minutes=30),
    "normal": timedelta(minutes=60),
    "low": timedelta(minutes=120),
}


@dataclass(frozen=True)
class Transition:
    """From any of `sources` to `target`."""

    sources: frozenset[TicketStatus]
    target: TicketStatus


def _from(*sources: TicketStatus, to: TicketStatus) -> Transition:
    return Transition(frozenset(sources), to)


ACTIONS: dict[Action, Transition] = {
    "open": _from("submitted", to="open"),
    "assign": _from("open", "escalated", to="assigned"),
    "accept": _from("assigned", to="accepted"),
    "reject": _from("assigned", to="open"),
    "expire": _from("assigned", to="open"),
    "withdraw": _from("assigned", "accepted", to="open"),
    "reschedule": _from("open", "escalated", "assigned", "accepted", to="open"),
    "start": _from("accepted", to="in_progress"),
    "no_show": _from("in_progress", to="open"),
    "follow_up": _from("in_progress", to="open"),
    "complete": _from("in_progress", to="resolved"),
    "close": _from("resolved", to="closed"),
    "reopen": _from("resolved", "closed", to="open"),
    "escalate": _from("open", to="escalated"),
    "cancel": _from("submitted", "open", "escalated", "assigned", "accepted", to="cancelled"),
}

# Actions that end the present proposal or visit, and what becomes of its assignment.
ENDS_ASSIGNMENT: dict[Action, str] = {
    "reject": "rejected",
    "expire": "expired",
    "withdraw": "withdrawn",
    "reschedule": "withdrawn",
    "cancel": "withdrawn",
    "no_show": "completed",
    "follow_up": "completed",
    "complete": "completed",
}
EXCLUDES_EXPERT: frozenset[Action] = frozenset({"reject", "expire"})


def allowed_actions(
    status: TicketStatus, *, now: datetime, resolved_at: datetime | None
) -> list[Action]:
    """What may happen to a ticket now."""
    return [
        action
        for action, transition in ACTIONS.items()
        if status in transition.sources
        and (action != "reopen" or may_reopen(now=now, resolved_at=resolved_at))
    ]


def next_status(
    status: TicketStatus, action: Action, *, now: datetime, resolved_at: datetime | None
) -> TicketStatus:
    """The status after `action`; raises TransitionRefused naming what is allowed instead."""
    allowed = allowed_actions(status, now=now, resolved_at=resolved_at)
    if action in allowed:
        return ACTIONS[action].target
    words = f"A ticket that is {status.replace('_', ' ')} cannot {action.replace('_', ' ')}."
    if action == "reopen" and status in ACTIONS["reopen"].sources:
        words = f"A ticket can be reopened within {REOPEN_WITHIN.days} days of its resolution."
    raise TransitionRefused(words, allowed)


def may_reopen(*, now: datetime, resolved_at: datetime | None) -> bool:
    return resolved_at is not None and now - resolved_at <= REOPEN_WITHIN


def answer_deadline(priority: Priority, *, now: datetime, window_start: datetime) -> datetime:
    """Until when the expert may answer: never later than the visit itself."""
    return min(now + ANSWER_WITHIN[priority], window_start)


def window_problem(window: Window, now: datetime) -> str | None:
    """Why no visit could be planned in a customer's preferred window; None when one could."""
    if window.start.tzinfo is None or window.end.tzinfo is None:
        return "Give the times with their offset from UTC."
    if window.start <= now or window.end - window.start < SHORTEST_WINDOW:
        return "The window must lie ahead and last two hours or more."
    if window.end - now > FARTHEST_WINDOW:
        return f"Give a time within the next {FARTHEST_WINDOW.days} days."
    return None
