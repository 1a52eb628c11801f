"""Why a run chose this expert for a ticket, or nobody: its decision in words. Pure.

What giving a ticket another window would cost is known from the prices of the optimum: at least
so much, for whoever has it would have to move (docs/assignment.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from api.messages import Priority, Window
from api.sysops.assignment import cost_words
from api.sysops.assignment.cost_words import Visit, kilometres
from api.sysops.assignment.policy import Policy
from api.sysops.tickets import visit_rules

DecisionOutcome = Literal["assigned", "unserved", "skipped"]
REMOVED: Mapping[str, tuple[str, str]] = {
    "excluded": ("is excluded for this ticket", "are excluded for this ticket"),
    "skill": ("lacks the skill or its level", "lack the skill or its level"),
    "certificate_expired": ("has an expired certificate", "have an expired certificate"),
    "radius": ("lives too far away", "live too far away"),
    "no_free_window": (
        "has no free window that suits, or as many visits as that expert takes",
        "have no free window that suits, or as many visits as they take",
    ),
}
"""What each rule of a run says of the expert, or the experts, that it takes out."""
_OTHER_RULE = ("is out by another rule", "are out by another rule")
_NEARLY = 0.1
"""Kilometres by which nobody lives nearer than somebody else."""


class Alternative(msgspec.Struct, frozen=True):
    """Another expert, and the window of that expert that would cost the ticket least.

    `more` is at least how much more all visits together would cost if this ticket had it; None
    where it is `needed_for` tickets of a higher priority, of which one would stay without a visit,
    or where nothing was proven. `taken_by` is the ticket that has it.
    """

    expert_id: UUID
    start: datetime
    end: datetime
    travel_km: float
    cost: int
    more: int | None = None
    needed_for: str | None = None
    taken_by: UUID | None = None
    day_is_full: bool = False

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)


@dataclass(frozen=True)
class Decided:
    """What a run decided for one ticket, as it is kept. Kilometres by road, cost in cost units.

    `terms` is empty where they were not kept. `removed` counts experts by the rule that took them
    out, `candidates` those that none did. `reason` is the run's own short word.
    """

    outcome: DecisionOutcome
    as_of: datetime
    proven: bool | None
    reason: str
    expert_id: UUID | None = None
    window: Window | None = None
    travel_km: float | None = None
    cost: int | None = None
    candidates: int = 0
    removed: Mapping[str, int] = field(default_factory=dict)
    terms: Mapping[str, int] = field(default_factory=dict)
    alternatives: Sequence[Alternative] = ()


@dataclass(frozen=True)
class Known:
    """What a decision refers to: names of experts, number and priority of other tickets, by id;
    time zone, priority and due time of the ticket; the policy of the run, if it is still there."""

    experts: Mapping[UUID, str]
    tickets: Mapping[UUID, tuple[int, str]]
    time_zone: str
    priority: Priority
    due: datetime
    policy: Policy | None = None

    def expert(self, expert_id: UUID | None) -> str:
        return self.experts.get(expert_id, "An expert") if expert_id else "An expert"

    def ticket(self, ticket_id: UUID) -> str:
        if ticket_id not in self.tickets:
            return "another ticket"
        number, priority = self.tickets[ticket_id]
        return f"ticket {number} ({priority})"

    def when(self, window: Window) -> str:
        """A window on the clock at the ticket, with its zone."""
        zone = window.start.astimezone(ZoneInfo(self.time_zone))
        return f"{visit_rules.in_words(window, self.time_zone)} {zone:%Z}"

    def moment(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.time_zone)):%A, %B %-d, %-I:%M %p %Z}"


def why(decided: Decided, known: Known) -> list[str]:
    """Who was chosen, when, from how far and at what cost; or what kept everybody away."""
    if decided.outcome == "unserved":
        return _why_nobody(decided)
    name = known.expert(decided.expert_id)
    said = f"{name} was chosen to come"
    if decided.window is not None:
        said += f" {known.when(decided.window)}"
    if decided.travel_km is not None:
        said += f", {kilometres(decided.travel_km)} by road from home"
    words = [f"{said}{_among(decided)}.", _cost(decided, known)]
    if decided.outcome == "skipped":
        words.append(f"It was not proposed. {decided.reason} The next run looks again.")
    return [it for it in words if it]


def alternatives(decided: Decided, known: Known) -> list[str]:
    """A sentence for each other expert that is kept, in their order."""
    return [_alternative(it, decided, known) for it in decided.alternatives]


def removed_in_words(removed: Mapping[str, int]) -> str:
    """ "180 lack the skill or its level; 12 live too far away"."""
    ranked = sorted(removed.items(), key=lambda it: -it[1])
    return "; ".join(
        f"{count:,} {REMOVED.get(rule, _OTHER_RULE)[count != 1]}" for rule, count in ranked if count
    )


def _among(decided: Decided) -> str:
    count = decided.candidates
    if count == 0:
        return ""
    if count == 1:
        return ": the only expert who could come"
    if decided.proven is False:
        return f": one of {count:,} suitable experts"
    return f": the best of {count:,} suitable experts for all open tickets together"


def _cost(decided: Decided, known: Known) -> str:
    if decided.cost is None:
        return ""
    if decided.cost == 0:
        return "It costs nothing: no term of the policy counts against it."
    whole = f"It costs {_units(decided.cost)}"
    if not decided.terms or decided.window is None:
        return f"{whole}; what that is made of was not kept."
    window = decided.window
    visit = Visit(
        window,
        decided.travel_km or 0.0,
        window.start - decided.as_of,
        window.end - known.due,
        known.policy,
    )
    return f"{whole}: {'; '.join(cost_words.in_words(decided.terms, visit))}."


def _why_nobody(decided: Decided) -> list[str]:
    out = removed_in_words(decided.removed)
    if decided.candidates:
        one = decided.candidates == 1
        whom = "the only suitable expert" if one else f"{decided.candidates:,} suitable experts"
        took = "others came first, or cost less there"
        words = [f"Nobody could be sent: no window of {whom} was left for this ticket: {took}."]
        return [*words, f"Of all other experts, {out}."] if out else words
    if out:
        return [f"Nobody could be sent: of the active experts, {out}."]
    return [f"Nobody was sent. {decided.reason}"]


def _alternative(it: Alternative, decided: Decided, known: Known) -> str:
    who, when = f"{known.expert(it.expert_id)} {_away(it, decided)}", known.when(it.window)
    if it.day_is_full or it.needed_for == "capacity":
        way = f"takes no more visits on the day of {when}"
    elif it.taken_by is not None:
        way = f"{when} went to {known.ticket(it.taken_by)}"
    elif it.needed_for is not None:
        way = f"{when} is kept for others"
    elif decided.outcome == "unserved":
        driving = "could not drive there and to the day's other visits in time"
        return f"{who} and is free {when}, but {driving}."
    else:
        return f"{who} and is free {when}{_more_if_free(it, decided)}."
    if it.needed_for in get_args(Priority):
        needed = f"that time is needed for {it.needed_for} tickets"
        return f"{who}, but {way}; {needed}: one of them would stay without a visit."
    return f"{who}, but {way}{_more_if_given(it, decided, known)}."


def _away(it: Alternative, decided: Decided) -> str:
    """How far somebody lives, beside whoever was chosen."""
    if decided.travel_km is None:
        return f"lives {kilometres(it.travel_km)} away by road"
    nearer = decided.travel_km - it.travel_km
    if abs(nearer) < _NEARLY:
        return "lives as far away"
    return f"lives {kilometres(abs(nearer))} {'nearer' if nearer > 0 else 'farther away'}"


def _more_if_given(it: Alternative, decided: Decided, known: Known) -> str:
    if it.more is None:
        return ""
    cost = f"at least {_units(max(it.more, 0))} more in total"
    if decided.outcome == "unserved":
        instead = f"; to serve this ticket instead would leave another {known.priority} one without"
        return f"{instead} a visit, at a cost of {cost}"
    if it.more <= 0:
        return "; to give it to this ticket would not cost less in total"
    return f"; to give it to this ticket would cost {cost}"


def _more_if_free(it: Alternative, decided: Decided) -> str:
    """What a free window costs more, and what of it can be seen."""
    more = it.more if it.more is not None else it.cost - (decided.cost or 0)
    if more <= 0:
        return ", and would cost no less"
    later = decided.window is not None and it.start > decided.window.start
    return f", {'later, ' if later else ''}and would cost {_units(more)} more"


def _units(cost: int) -> str:
    return f"{cost:,} cost unit{'' if cost == 1 else 's'}"
