"""What is shown of a run's decision on a ticket, over HTTP and on the command line."""

from datetime import datetime
from typing import Self
from uuid import UUID

import msgspec

from api.messages import TicketStatus, Window
from api.sysops.assignment.explanation import Alternative, Decided, DecisionOutcome, Known


class RunBrief(msgspec.Struct):
    """The run that decided: the moment it looked at, its policy, and whether it was proven."""

    id: UUID
    as_of: datetime
    policy: str
    status: str
    proven: bool | None


class TermCost(msgspec.Struct):
    """One term of a cost, in cost units; docs/assignment.md says what each means."""

    term: str
    cost: int


class RuleCount(msgspec.Struct):
    """How many experts a rule took out, of those whom no earlier one did."""

    rule: str
    experts: int


class DecisionView(msgspec.Struct):
    """What was decided; `terms` begin with the largest, and are empty where they were not kept."""

    outcome: DecisionOutcome
    expert_id: UUID | None
    expert_name: str | None
    window: Window | None
    travel_km: float | None
    cost: int | None
    terms: list[TermCost]
    candidates: int
    removed: list[RuleCount]

    @classmethod
    def of(cls, decided: Decided, known: Known) -> Self:
        terms = sorted(decided.terms.items(), key=lambda it: (-it[1], it[0]))
        return cls(
            outcome=decided.outcome,
            expert_id=decided.expert_id,
            expert_name=known.expert(decided.expert_id) if decided.expert_id else None,
            window=decided.window,
            travel_km=decided.travel_km,
            cost=decided.cost,
            terms=[TermCost(*it) for it in terms],
            candidates=decided.candidates,
            removed=[RuleCount(*it) for it in decided.removed.items() if it[1]],
        )


class AlternativeView(msgspec.Struct):
    """Another expert in the window that would have cost the ticket least.

    `more` is at least how much more all visits together would cost if this ticket had it. It is
    null where a ticket of the priority `needed_for` would stay without a visit instead ("capacity":
    the expert takes no more visits that day). `taken_by` is the ticket that has the window.
    """

    expert_id: UUID
    expert_name: str
    window: Window
    travel_km: float
    cost: int
    more: int | None
    needed_for: str | None
    day_is_full: bool
    taken_by: UUID | None
    taken_by_number: int | None
    words: str

    @classmethod
    def of(cls, it: Alternative, words: str, known: Known) -> Self:
        number, _ = known.tickets.get(it.taken_by, (None, "")) if it.taken_by else (None, "")
        return cls(
            expert_id=it.expert_id,
            expert_name=known.expert(it.expert_id),
            window=it.window,
            travel_km=it.travel_km,
            cost=it.cost,
            more=it.more,
            needed_for=it.needed_for,
            day_is_full=it.day_is_full,
            taken_by=it.taken_by,
            taken_by_number=number,
            words=words,
        )


class Explanation(msgspec.Struct):
    """`sentences` are all of it in words: `why` the run chose so, what each of the `alternatives`
    would have cost, what happened `since`, and what would help `now`. `served` says whether an
    expert was chosen, by the run or by hand.

    `run` and `decision` are null while no run has decided on the ticket.
    """

    ticket_id: UUID
    number: int
    status: TicketStatus
    served: bool
    sentences: list[str]
    run: RunBrief | None
    decision: DecisionView | None
    why: list[str]
    alternatives: list[AlternativeView]
    since: list[str]
    now: list[str]
