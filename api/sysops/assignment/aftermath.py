"""What became of a run's decision on a ticket, and where the ticket stands now, in words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from api.messages import TicketStatus, Window
from api.sysops.assignment.explanation import Known
from api.sysops.tickets.rules import Outcome
from api.sysops.tickets.visit_rules import someone_must_call

LOOKED_FOR: frozenset[TicketStatus] = frozenset({"open", "escalated"})
_ENDED: Mapping[Outcome, str] = {
    "resolved": "{who} made the visit and resolved the ticket",
    "follow_up": "{who} made the visit, and another one was needed",
    "customer_absent": "{who} came, and nobody was at home",
    "expert_absent": "{who} did not come",
    "rejected": "{who} rejected it",
    "expired": "{who} did not answer in time",
    "withdrawn": "It was taken back from {who}",
    "rescheduled": "Another time was asked for, so that the visit is off",
    "cancelled": "The ticket was cancelled, so that the visit is off",
}
assert set(_ENDED) == set(get_args(Outcome))  # noqa: S101 - of our own table, at import
_STANDS: Mapping[str, str] = {
    "accepted": "{who} accepted it",
    "rejected": "{who} rejected it",
    "expired": "{who} did not answer in time",
    "withdrawn": "It was taken back from {who}",
    "completed": "{who} made the visit",
}
_STATUS: Mapping[TicketStatus, str] = {
    "assigned": "The ticket waits for its expert's answer.",
    "accepted": "The ticket's visit is accepted.",
    "in_progress": "The ticket's visit is under way.",
    "resolved": "The ticket is resolved.",
    "closed": "The ticket is closed.",
    "cancelled": "The ticket is cancelled: nobody is looked for.",
    "submitted": "The ticket is not open yet.",
}


@dataclass(frozen=True)
class Proposed:
    """An expert who was proposed; `at` is when the proposal last changed.

    By hand, it says who did that (`by`), else it is a run's.
    """

    who: str
    window: Window
    travel_km: float
    status: str
    outcome: Outcome | None
    proposed_at: datetime
    at: datetime
    answer_by: datetime
    by_hand: bool = False
    by: str | None = None
    pinned: bool = False


@dataclass(frozen=True)
class Standing:
    """How a ticket stands; `last_run` is when the last run began, None where there was none."""

    status: TicketStatus
    customer_absences: int
    last_run: datetime | None
    run_at_work: bool


def became(proposal: Proposed, known: Known) -> str:
    """What became of a proposal."""
    if proposal.status == "proposed":
        return f"{proposal.who} has to answer until {known.moment(proposal.answer_by)}."
    words = _ENDED[proposal.outcome] if proposal.outcome else _STANDS[proposal.status]
    return f"{words.format(who=proposal.who)}, {known.moment(proposal.at)}."


def by_hand(proposal: Proposed, known: Known) -> list[str]:
    """That somebody chose the expert, and what became of it."""
    chose = f"{proposal.by or 'Somebody'} chose {proposal.who} by hand, to come"
    pinned = " It is pinned: nothing automatic takes it back." if proposal.pinned else ""
    words = f"{chose} {known.when(proposal.window)}; no run weighed that against others.{pinned}"
    return [words, became(proposal, known)]


def now_it_is(standing: Standing, known: Known) -> str:
    """Where the ticket stands, and what it waits for."""
    if standing.status not in LOOKED_FOR:
        return _STATUS[standing.status]
    if standing.status == "escalated" and someone_must_call(standing.customer_absences):
        return "The ticket is escalated: no run plans a visit until somebody has called."
    escalated = " and people are told of it" if standing.status == "escalated" else ""
    if standing.run_at_work:
        return f"The ticket waits for an expert{escalated}. A run is at work now."
    last = f" The last one began {known.moment(standing.last_run)}." if standing.last_run else ""
    return (
        f"The ticket waits for an expert{escalated}. The next run looks again: one begins within"
        f" seconds of a change, else by schedule.{last}"
    )
