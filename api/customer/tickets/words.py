"""A ticket's history in plain words. Pure."""

from api.messages import TicketStatus

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

_BACK_TO_OPEN: dict[TicketStatus, str] = {
    "open": "We are looking for a time that suits you better.",
    "escalated": "We are looking for a time that suits you better.",
    "assigned": "The expert cannot come; we are looking for another one.",
    "accepted": "The visit is off; we are looking for a new time.",
    "in_progress": "Another visit is needed; we are looking for a time.",
    "resolved": "The ticket is open again.",
    "closed": "The ticket is open again.",
}

# Other reasons are between the expert and us.
_TELLS_REASON: frozenset[TicketStatus] = frozenset({"in_progress", "resolved", "closed"})


def tell(before: TicketStatus | None, status: TicketStatus, reason: str | None) -> str:
    """One line of the timeline: what happened when a ticket went from `before` to `status`.

    `before` is None for the first line. A reason is told where it is meant for the customer:
    why a ticket was cancelled or is open again, why another visit is needed.
    """
    if status == "open" and before is not None:
        words = _BACK_TO_OPEN.get(before, _WORDS["open"])
    else:
        words = _WORDS[status]
    meant_for_customer = status == "cancelled" or (status == "open" and before in _TELLS_REASON)
    if reason and meant_for_customer:
        words = f"{words} {reason}"
    return words
