"""The life of a ticket: one table of transitions, and the few rules around it. Pure.

`ACTIONS` is the whole state machine; nothing else decides a status.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from api.kernel.errors import TransitionRefused
from api.messages import Priority, TicketStatus, Window

Action = Literal[
    "open", "assign", "accept", "reject", "expire", "withdraw", "reschedule", "set_out", "start",
    "no_show", "miss", "follow_up", "complete", "close", "reopen", "escalate", "cancel", "amend",
    "raise_priority",
]  # fmt: skip
Outcome = Literal[
    "resolved", "follow_up", "customer_absent", "expert_absent", "rejected", "expired",
    "withdrawn", "rescheduled", "cancelled",
]  # fmt: skip

Escalation = Literal["no_expert", "refused", "sla_at_risk", "customer_absent"]
"""Why people have to look after a ticket."""

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
    """From any of `sources` to `target`; without one the status stays, and the event is kept."""

    sources: frozenset[TicketStatus]
    target: TicketStatus | None


def _from(*sources: TicketStatus, to: TicketStatus | None = None) -> Transition:
    return Transition(frozenset(sources), to)


ACTIONS: dict[Action, Transition] = {
    "open": _from("submitted", to="open"),
    "assign": _from("open", "escalated", to="assigned"),
    "accept": _from("assigned", to="accepted"),
    "reject": _from("assigned", to="open"),
    "expire": _from("assigned", to="open"),
    "withdraw": _from("assigned", "accepted", to="open"),
    "reschedule": _from("open", "escalated", "assigned", "accepted", to="open"),
    "set_out": _from("accepted"),
    "start": _from("accepted", to="in_progress"),
    "no_show": _from("accepted", "in_progress", to="open"),
    "miss": _from("accepted", to="open"),
    "follow_up": _from("in_progress", to="open"),
    "complete": _from("in_progress", to="resolved"),
    "close": _from("resolved", to="closed"),
    "reopen": _from("resolved", "closed", to="open"),
    "escalate": _from("open", to="escalated"),
    "cancel": _from("submitted", "open", "escalated", "assigned", "accepted", to="cancelled"),
    "amend": _from("open", "escalated", "assigned", "accepted", "in_progress"),
    "raise_priority": _from("open", "escalated", "assigned", "accepted"),
}


@dataclass(frozen=True)
class End:
    """What becomes of an assignment: its status, and the code by which reports count it."""

    status: Literal["rejected", "expired", "withdrawn", "completed"]
    outcome: Outcome


# Actions that end the present proposal or visit.
ENDS_ASSIGNMENT: dict[Action, End] = {
    "reject": End("rejected", "rejected"),
    "expire": End("expired", "expired"),
    "withdraw": End("withdrawn", "withdrawn"),
    "miss": End("withdrawn", "expert_absent"),
    "reschedule": End("withdrawn", "rescheduled"),
    "cancel": End("withdrawn", "cancelled"),
    "no_show": End("completed", "customer_absent"),
    "follow_up": End("completed", "follow_up"),
    "complete": End("completed", "resolved"),
}
EXCLUDES_EXPERT: frozenset[Action] = frozenset({"reject", "expire", "miss"})
# What else than the status of a ticket its customer has to hear of.
CHANGES_DETAILS: frozenset[Action] = frozenset({"reschedule", "amend", "raise_priority"})
USES_PARTS: frozenset[Action] = frozenset({"follow_up", "complete"})
# What the expert of an accepted visit does.
AT_A_VISIT: frozenset[Action] = frozenset({"set_out", "start", "no_show", "follow_up", "complete"})

# "A ticket that is closed cannot ..."
_REFUSED: dict[Action, str] = {
    "open": "be opened",
    "assign": "be given to an expert",
    "accept": "be accepted",
    "reject": "be rejected",
    "expire": "expire",
    "withdraw": "be withdrawn from its expert",
    "reschedule": "be rescheduled",
    "set_out": "have an expert on the way",
    "start": "be started",
    "no_show": "end because nobody is at home",
    "miss": "be missed by its expert",
    "follow_up": "be given a follow-up visit",
    "complete": "be resolved",
    "close": "be closed",
    "reopen": "be reopened",
    "escalate": "be escalated",
    "cancel": "be cancelled",
    "amend": "be changed",
    "raise_priority": "be given a higher priority",
}


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
        return ACTIONS[action].target or status
    words = f"A ticket that is {status.replace('_', ' ')} cannot {_REFUSED[action]}."
    if action == "reopen" and status in ACTIONS["reopen"].sources:
        words = f"A ticket can be reopened within {REOPEN_WITHIN.days} days of its resolution."
    raise TransitionRefused(words, allowed)


def may_reopen(*, now: datetime, resolved_at: datetime | None) -> bool:
    return resolved_at is not None and now - resolved_at <= REOPEN_WITHIN


def is_higher(priority: Priority, than: Priority) -> bool:
    order = get_args(Priority)
    return order.index(priority) < order.index(than)


def answer_deadline(priority: Priority, *, now: datetime, window_start: datetime) -> datetime:
    """Until when the expert may answer: never later than the visit itself."""
    return min(now + ANSWER_WITHIN[priority], window_start)


def windows_left(windows: Sequence[Window], since: datetime) -> list[Window]:
    """Of a customer's preferred windows those in which a visit after `since` still fits.

    When none is left, any time suits: what is over must not keep a ticket waiting for ever.
    """
    return [one for one in windows if one.end - max(one.start, since) >= SHORTEST_WINDOW]


def visit_window_problem(window: Window, now: datetime) -> str | None:
    """Why a visit cannot be put into a window by hand; None when it can."""
    if window.start.tzinfo is None or window.end.tzinfo is None:
        return "Give the times with their offset from UTC."
    if window.end - window.start != SHORTEST_WINDOW:
        return "An arrival window lasts two hours."
    if window.start <= now:
        return "The window must lie ahead."
    if window.end - now > FARTHEST_WINDOW:
        return f"Give a time within the next {FARTHEST_WINDOW.days} days."
    return None


def window_problem(window: Window, now: datetime) -> str | None:
    """Why no visit could be planned in a customer's preferred window; None when one could."""
    if window.start.tzinfo is None or window.end.tzinfo is None:
        return "Give the times with their offset from UTC."
    if window.start <= now or window.end - window.start < SHORTEST_WINDOW:
        return "The window must lie ahead and last two hours or more."
    if window.end - now > FARTHEST_WINDOW:
        return f"Give a time within the next {FARTHEST_WINDOW.days} days."
    return None
