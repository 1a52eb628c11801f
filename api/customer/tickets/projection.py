"""How the customer's view of a ticket follows what sysops says, in whatever order. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from api.messages import TicketProgress, TicketStatus, Window

PROMISED: frozenset[TicketStatus] = frozenset({"accepted", "in_progress"})
FINISHED: frozenset[TicketStatus] = frozenset({"resolved", "closed"})
SEARCHING: frozenset[TicketStatus] = frozenset({"open", "escalated", "assigned"})

News = Literal[
    "expert_arriving", "expert_on_the_way", "visit_off", "nobody_home", "expert_did_not_come",
    "another_visit", "ticket_cancelled",
]  # fmt: skip


@dataclass(frozen=True)
class Projection:
    """The part of a ticket that sysops decides.

    Absences count visits for nothing: nobody was at home, the expert did not come.
    """

    version: int
    status: TicketStatus
    expert_name: str | None = None
    window: Window | None = None
    set_out_at: datetime | None = None
    customer_absences: int = 0
    expert_absences: int = 0
    resolution: str | None = None
    resolved_at: datetime | None = None


def advance(known: Projection, progress: TicketProgress) -> Projection:
    """The view after a message. An older version never overwrites a newer one.

    One thing of an older message still counts: the resolution of a ticket that is closed
    here already, when the word of its closing was quicker.
    """
    if progress.version <= known.version:
        return _late_resolution(known, progress)
    finished = progress.status in FINISHED
    expert_name, window = _promise(known, progress)
    if progress.status == "resolved":
        resolved_at: datetime | None = progress.at
    else:
        resolved_at = known.resolved_at if progress.status == "closed" else None
    return Projection(
        version=progress.version,
        status=progress.status,
        expert_name=expert_name,
        window=window,
        set_out_at=progress.set_out_at if progress.status in PROMISED else None,
        customer_absences=progress.customer_absences,
        expert_absences=progress.expert_absences,
        resolution=(progress.resolution or known.resolution) if finished else None,
        resolved_at=resolved_at,
    )


def news(before: Projection, after: Projection) -> News | None:
    """What the customer is told at once about a step from one view to the next.

    A version that came late is not told: what it says is no longer so. What stays as it was may
    be named again: whoever tells, tells of one visit once.
    """
    if after.version <= before.version:
        return None
    if after.status == "accepted":
        return "expert_on_the_way" if after.set_out_at else "expert_arriving"
    if after.status == "cancelled":
        return "ticket_cancelled"
    return _visit_lost(before, after) if after.status in SEARCHING else None


def _visit_lost(before: Projection, after: Projection) -> News | None:
    """Why the visit of before did not bring the solution. Counts tell it in any order."""
    if after.customer_absences > before.customer_absences:
        return "nobody_home"
    if after.expert_absences > before.expert_absences:
        return "expert_did_not_come"
    if before.status == "accepted":
        return "visit_off"
    return "another_visit" if before.status == "in_progress" else None


def _promise(known: Projection, progress: TicketProgress) -> tuple[str | None, Window | None]:
    """Who comes, and when; of a finished visit it stays as it was."""
    if progress.status in PROMISED:
        return progress.expert_name, progress.window
    if progress.status in FINISHED:
        return known.expert_name, known.window
    return None, None


def _late_resolution(known: Projection, progress: TicketProgress) -> Projection:
    newest = known.resolved_at is None or known.resolved_at < progress.at
    if known.status != "closed" or progress.status != "resolved" or not newest:
        return known
    resolution = known.resolution or progress.resolution
    return replace(known, resolved_at=progress.at, resolution=resolution)
