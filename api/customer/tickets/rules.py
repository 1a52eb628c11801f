"""What a customer may ask of a ticket, and when. Pure.

Sysops decides; these rules only spare a customer a request that would certainly be refused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from api.kernel.errors import FieldError
from api.messages import Priority, TicketRequestKind, TicketStatus, Window

REOPEN_WITHIN = timedelta(days=14)
# An expert's arrival window is two hours and lies inside a preferred one, or none is found.
SHORTEST_WINDOW = timedelta(hours=2)
FARTHEST_WINDOW = timedelta(days=60)
MOST_WINDOWS = 10

REQUESTS: tuple[TicketRequestKind, ...] = get_args(TicketRequestKind)
_BEFORE_THE_VISIT: frozenset[TicketStatus] = frozenset(
    {"submitted", "open", "escalated", "assigned", "accepted"}
)
_RESOLVED: frozenset[TicketStatus] = frozenset({"resolved", "closed"})
_SOURCES: dict[TicketRequestKind, frozenset[TicketStatus]] = {
    "cancel": _BEFORE_THE_VISIT,
    "reschedule": _BEFORE_THE_VISIT,
    "reopen": _RESOLVED,
}


@dataclass(frozen=True)
class Cover:
    """What a contract gives at the moment."""

    status: str
    standing: str
    device_types: Collection[str]


def priority_for(sla_hours: int) -> Priority:
    """The priority of a ticket follows what its plan promises: less time, more priority.

    Up to 24 hours from submission to resolution is urgent, up to 72 high, up to 96 normal,
    longer low. Only the helpdesk raises one ticket above its plan.
    """
    if sla_hours <= 24:
        return "urgent"
    if sla_hours <= 72:
        return "high"
    return "normal" if sla_hours <= 96 else "low"


def cover_errors(cover: Cover | None, device_type: str | None) -> list[FieldError]:
    """Why a contract does not cover a ticket now; None stands for what does not exist."""
    errors = []
    if cover is None:
        errors.append(FieldError("/contract_id", "You have no such contract."))
    elif cover.status != "active":
        errors.append(FieldError("/contract_id", "This contract has ended."))
    elif cover.standing != "good":
        words = "This contract is suspended because an invoice is overdue. Pay it first."
        errors.append(FieldError("/contract_id", words))
    if device_type is None:
        errors.append(FieldError("/ticket_type", "There is no such ticket type."))
    elif cover is not None and device_type not in cover.device_types:
        words = "The support plan of this contract does not cover this kind of device."
        errors.append(FieldError("/ticket_type", words))
    return errors


def window_errors(windows: Sequence[Window], now: datetime) -> list[FieldError]:
    """What is wrong with the windows in which a customer would like the visit."""
    errors = []
    if len(windows) > MOST_WINDOWS:
        errors.append(FieldError("/preferred_windows", f"Give at most {MOST_WINDOWS} windows."))
    for index, window in enumerate(windows):
        at = f"/preferred_windows/{index}"
        if window.start <= now:
            errors.append(FieldError(f"{at}/start", "This is over. Give a time in the future."))
        # Compared as a difference: at the ends of the calendar a sum would overflow.
        if window.end - window.start < SHORTEST_WINDOW:
            words = "A window lasts two hours or more."
            errors.append(FieldError(f"{at}/end", words))
        elif window.end - now > FARTHEST_WINDOW:
            words = f"Give a time within the next {FARTHEST_WINDOW.days} days."
            errors.append(FieldError(f"{at}/end", words))
    return errors


def requests_allowed(
    status: TicketStatus, *, now: datetime, resolved_at: datetime | None
) -> list[TicketRequestKind]:
    """What the customer may ask for, as far as the customer quantum knows.

    Messages may arrive in any order: a ticket can be closed here whose resolution is on its
    way. Then sysops decides whether it may be reopened.
    """
    may_reopen = resolved_at is None or now - resolved_at <= REOPEN_WITHIN
    return [
        kind for kind in REQUESTS if status in _SOURCES[kind] and (kind != "reopen" or may_reopen)
    ]


def request_refusal(kind: TicketRequestKind, status: TicketStatus) -> str:
    """Why a request that is not allowed is refused, in words for the customer."""
    if kind == "reopen" and status in _RESOLVED:
        return (
            f"A ticket can be reopened within {REOPEN_WITHIN.days} days of its resolution."
            " Submit a new one."
        )
    return f"A ticket that is {status.replace('_', ' ')} cannot be {_DONE[kind]}."


_DONE: dict[TicketRequestKind, str] = {
    "cancel": "cancelled",
    "reopen": "reopened",
    "reschedule": "rescheduled",
}
