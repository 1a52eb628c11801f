"""A ticket's history, and what happens next, in plain words. Pure."""

from collections.abc import Sequence

from api.messages import TicketRequestKind, TicketStatus

_WORDS: dict[TicketStatus, str] = {
    "submitted": "You told us about the problem.",
    "open": "We have your ticket and are looking for an expert.",
    "escalated": "A coordinator is looking after your ticket.",
    "assigned": "We have proposed the visit to an expert and wait for the answer.",
    "accepted": "An expert has accepted the visit.",
    "in_progress": "The expert is working on it.",
    "resolved": "The problem is solved.",
    "closed": "The ticket is closed.",
    "cancelled": "The ticket is cancelled.",
}

# What a change of status does not tell, or not well enough.
_ACTIONS: dict[str, str] = {
    "reschedule": "We are looking for a time that suits you better.",
    "set_out": "The expert is on the way.",
    "no_show": "The expert was there, but nobody was at home.",
    "miss": "The expert did not come. We are sorry, and are looking for another one.",
    "follow_up": "Another visit is needed; we are looking for a time.",
    "reopen": "The ticket is open again.",
    "amend": "We have corrected what we know of your ticket.",
    "raise_priority": "We have given your ticket a higher priority.",
}

# Where sysops did not say what was done.
_BACK_TO_OPEN: dict[TicketStatus, str] = {
    "open": _ACTIONS["reschedule"],
    "escalated": _ACTIONS["reschedule"],
    "assigned": "The expert cannot come; we are looking for another one.",
    "accepted": "The visit is off; we are looking for a new time.",
    "in_progress": _ACTIONS["follow_up"],
    "resolved": _ACTIONS["reopen"],
    "closed": _ACTIONS["reopen"],
}

# Other reasons are between the expert and us.
_TELLS_REASON: frozenset[TicketStatus] = frozenset({"in_progress", "resolved", "closed"})
_REASON_IS_TOLD = frozenset({"cancel", "reopen", "follow_up", "no_show", "start"})

_NEXT: dict[TicketStatus, str] = {
    "submitted": "We confirm your ticket in a moment. It is safe with us.",
    "open": "We are looking for an expert, and tell you who comes and when.",
    "escalated": "A coordinator takes care of it, and tells you how it goes on.",
    "assigned": "An expert was asked. We tell you who comes and when, as soon as it is certain.",
    "accepted": "Please be at home in the arrival window. Until the visit begins you can ask for"
    " another time, or cancel.",
    "in_progress": "The expert is with you. Afterwards you find here what was done.",
    "resolved": "Should the problem come back within 14 days, ask to reopen the ticket.",
    "closed": "Nothing more. Should the problem come back within 14 days of its solution, ask to"
    " reopen the ticket.",
    "cancelled": "Nobody comes for it. If it needs help after all, submit a new ticket.",
}
_NEXT_AFTER_ABSENCE: dict[TicketStatus, str] = {
    "open": "We are looking for a new time from the next day on. Ask for another time to say when"
    " you are at home: then we look within those hours, also sooner.",
    "escalated": "A coordinator calls you to agree on a time. Nobody is sent before that.",
}
_REOPENED_NO_MORE = "Nothing more. Should the problem be back, submit a new ticket."
_ASKED: dict[TicketRequestKind, str] = {
    "cancel": "cancel the ticket",
    "reopen": "reopen the ticket",
    "reschedule": "find another time",
}
_DONE: dict[TicketRequestKind, str] = {
    "cancel": "The ticket is cancelled, as you asked.",
    "reopen": "The ticket is open again, as you asked. We are looking for an expert.",
    "reschedule": "We are looking for another time, as you asked.",
}


def tell(
    before: TicketStatus | None,
    status: TicketStatus,
    reason: str | None,
    action: str | None = None,
) -> str:
    """One line of the timeline: what happened when a ticket went from `before` to `status`.

    `before` is None for the first line, `action` where sysops did not say. A reason is told where
    it is meant for the customer: why a ticket was cancelled or is open again, why another visit
    is needed.
    """
    back = status == "open" and before is not None
    words = _WORDS[status]
    if action in _ACTIONS:
        words = _ACTIONS[action]
    elif action is not None and before == status:
        words = "We have noted something on your ticket."
    elif back and before is not None:
        words = _BACK_TO_OPEN.get(before, words)
    if action is not None:
        meant_for_customer = action in _REASON_IS_TOLD
    else:
        meant_for_customer = status == "cancelled" or (back and before in _TELLS_REASON)
    return f"{words} {reason}" if reason and meant_for_customer else words


def next_step(
    status: TicketStatus,
    *,
    pending: TicketRequestKind | None,
    expert_name: str | None,
    on_the_way: bool,
    customer_absences: int,
    may_reopen: bool,
) -> str:
    """What happens next, and what the customer can do about it."""
    if pending is not None:
        return f"You asked us to {_ASKED[pending]}. The answer comes in a moment, and stands here."
    if status == "accepted" and on_the_way:
        return f"{expert_name or 'The expert'} is on the way to you."
    if customer_absences and status in _NEXT_AFTER_ABSENCE:
        return _NEXT_AFTER_ABSENCE[status]
    if status in {"resolved", "closed"} and not may_reopen:
        return _REOPENED_NO_MORE
    return _NEXT[status]


def answer(
    kind: TicketRequestKind, *, accepted: bool, reason: str | None, allowed: Sequence[str]
) -> str:
    """What became of a request; of a refused one also why, and what can be asked for instead."""
    if accepted:
        return _DONE[kind]
    words = f"We could not {_ASKED[kind]}."
    if reason:
        words = f"{words} {reason}"
    instead = [words_of for name, words_of in _ASKED.items() if name in allowed]
    return f"{words} You can ask us to {' or '.join(instead)}." if instead else words
