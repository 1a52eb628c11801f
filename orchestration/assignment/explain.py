"""Why a ticket got its expert, or none: from the prices of the optimum, in numbers and words.

What it would take to give a ticket another window than its own is at least the window's cost and
its price, less what the ticket pays now: somebody else would have to move, and the price is what
that costs at the least. Where a window is full of more important tickets, one of those would stay
without a visit.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from orchestration.assignment.costs import TERMS
from orchestration.assignment.matching.compiled import Flags, Ints, Levels, Shorts, compiled
from orchestration.assignment.matching.graph import Edges
from orchestration.assignment.matching.prices import lowest
from orchestration.assignment.policy import PRIORITY_LEVELS, WINDOWS_A_DAY
from orchestration.assignment.problem import Problem
from orchestration.assignment.solve import Solution

ALTERNATIVES = 3
"""How many other experts are told of a ticket: those that would cost it least."""

RULES = {
    "excluded": "rejected it or stayed silent",
    "skill": "lack the skill or its level",
    "certificate_expired": "have an expired certificate",
    "radius": "live too far away",
    "no_free_window": "have no free window that suits, or as many visits as they take",
}
"""What each hard rule says of the experts it takes out."""


def reason_unserved(removed: Mapping[str, int], candidates: int) -> str:
    """Why nobody comes, for a ticket with `candidates` experts left by the hard rules."""
    out = "; ".join(f"{removed[rule]} {words}" for rule, words in RULES.items() if rule in removed)
    if candidates:
        took = "went to more important or better placed tickets"
        return f"Every free window of the {candidates} suitable expert(s) {took}."
    return f"No expert can come: {out}." if out else "There is no active expert."


def reason_served(candidates: int, km: float) -> str:
    """Why this expert: the choice that serves most, by priority, at the least total cost."""
    return f"Best of {candidates} suitable expert(s) for all open tickets together, {km:.1f} km."


class Alternative(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Another expert: the window that costs least, who has it, and at least how much more
    everything would cost if this ticket had it. Only what is so is written."""

    expert_id: str
    start: datetime
    end: datetime
    travel_km: float
    cost: int
    needed_for: str | None = None
    more: int | None = None
    taken_by: str | None = None
    day_is_full: bool = False


class Decision(msgspec.Struct, frozen=True, gc=False):
    """What a run decides for one ticket. Kilometres by road; `terms` and alternatives are only
    told where there are any."""

    ticket_id: str
    version: int
    expert_id: str | None
    start: datetime | None
    end: datetime | None
    travel_km: float | None
    cost: int | None
    candidates: int
    removed: dict[str, int]
    terms: dict[str, int]
    alternatives: list[Alternative]

    @property
    def reason(self) -> str:
        if self.travel_km is None:
            return reason_unserved(self.removed, self.candidates)
        return reason_served(self.candidates, self.travel_km)


class _Others(NamedTuple):
    """Other experts (tickets x ALTERNATIVES): slot (-1: no more) and what it would cost itself."""

    slot: Ints
    cost: Ints


class _Fact(NamedTuple):
    """A ticket's own slot, the way by road and its cost term by term."""

    slot: int
    km: float
    terms: list[int]


def decisions(problem: Problem, solution: Solution) -> list[Decision]:
    """One for each ticket, by id."""
    tickets = np.arange(problem.tickets)
    others = _others(problem.edges, solution.slot, problem.windows, problem.tickets)
    told = _alternatives(problem, solution, others)
    served = tickets[solution.slot >= 0]
    slots = solution.slot[served].astype(np.int64)
    away = problem.km_of(served, slots)
    terms = problem.terms_of(served, slots, away)
    km = problem.road_km_of(served, slots, away)
    rows = zip(served.tolist(), slots.tolist(), km.tolist(), terms.tolist(), strict=True)
    facts = {ticket: _Fact(*fact) for ticket, *fact in rows}
    found = [
        _decision(problem, ticket, facts.get(ticket), told[ticket])
        for ticket in range(problem.tickets)
    ]
    return sorted(found, key=lambda it: it.ticket_id)


def _decision(
    problem: Problem, ticket: int, fact: _Fact | None, alternatives: list[Alternative]
) -> Decision:
    columns = problem.columns
    return Decision(
        ticket_id=columns.ticket_ids[ticket],
        version=int(columns.versions[ticket]),
        expert_id=columns.expert_ids[fact.slot // problem.windows] if fact else None,
        start=problem.start(fact.slot) if fact else None,
        end=problem.end(fact.slot) if fact else None,
        travel_km=round(fact.km, 3) if fact else None,
        cost=sum(fact.terms) if fact else None,
        candidates=int(problem.candidates[ticket]),
        removed=problem.removed_of(ticket),
        terms={name: it for name, it in zip(TERMS, fact.terms, strict=True) if it} if fact else {},
        alternatives=alternatives,
    )


def _alternatives(problem: Problem, solution: Solution, others: _Others) -> list[list[Alternative]]:
    """What is told of other experts, ticket by ticket."""
    told: list[list[Alternative]] = [[] for _ in range(problem.tickets)]
    tickets, places = np.nonzero(others.slot >= 0)
    slots, costs = others.slot[tickets, places], others.cost[tickets, places]
    best, columns = solution.optimum, problem.columns
    high = best.state.price[slots] - best.state.value[tickets]
    low_price, low_value = lowest(problem.edges, best.full, best.rules, best.state)
    more = costs + np.maximum(high, low_price[slots] - low_value[tickets])
    owner, needed = _owners(problem, solution)[slots], _needed(problem, solution, tickets, slots)
    full_day = _full_days(problem, solution)[_days(problem, slots)]
    away = problem.km_of(tickets, slots)
    km = problem.road_km_of(tickets, slots, away)
    own = problem.terms_of(tickets, slots, away).sum(axis=1)
    rows = zip(tickets, slots, own, more, owner, needed, full_day, km, strict=True)
    for ticket, slot, own_cost, extra, has, is_needed, is_full, way in rows:
        level = min(best.full.slot[slot], problem.level[best.state.ticket_of[slot]])
        taken = has >= 0 and has != ticket
        one = Alternative(
            expert_id=columns.expert_ids[slot // problem.windows],
            start=problem.start(slot),
            end=problem.end(slot),
            travel_km=round(float(way), 3),
            cost=int(own_cost),
            needed_for=_priority(level) if is_needed else None,
            more=int(extra) if solution.proven and not is_needed else None,
            taken_by=columns.ticket_ids[has] if taken else None,
            day_is_full=bool(is_full and not taken),
        )
        told[int(ticket)].append(one)
    return told


def _owners(problem: Problem, solution: Solution) -> Ints:
    """The ticket that was given each slot, -1 for none."""
    owner = np.full(problem.slots, -1, np.int64)
    served = np.flatnonzero(solution.slot >= 0)
    owner[solution.slot[served]] = served
    return owner


def _days(problem: Problem, slots: Ints) -> Ints:
    """The day of each slot, numbered over all experts."""
    return np.asarray(slots // WINDOWS_A_DAY, np.int64)


def _full_days(problem: Problem, solution: Solution) -> Flags:
    """Days that have as many visits, booked and given, as their expert takes."""
    given = _days(problem, solution.slot[solution.slot >= 0].astype(np.int64))
    room = problem.columns.experts.room.reshape(-1)
    return np.asarray(np.bincount(given, minlength=len(room)) >= room)


def _needed(problem: Problem, solution: Solution, tickets: Ints, slots: Ints) -> Flags:
    """Slots that these tickets cannot have without somebody more important staying unserved: full
    at an earlier level, or irreplaceable for all whom this ticket's own place does not help."""
    best = solution.optimum
    endless = np.zeros(problem.slots + 1, np.bool_)
    endless[best.irreplaceable] = True
    own = endless[best.state.slot_of[tickets]]
    earlier = best.full.slot[slots] < best.full.ticket[tickets]
    return np.asarray(solution.proven & (earlier | (endless[slots] & ~own)))


def _priority(level: int) -> str:
    """The priority of a level; blockers have none, and stand for a day that is full."""
    return PRIORITY_LEVELS[level - 1] if level else "capacity"


@compiled
def _best_of_expert(edges: Edges, low: int, end: int, width: int) -> tuple[int, int]:
    """Of an expert's edges from `low` on, the cheapest, and where the next expert's begin."""
    best, at = low, low
    while at < end and edges.other[at] // width == edges.other[low] // width:
        if edges.cost[at] < edges.cost[best]:
            best = at
        at += 1
    return best, at


@compiled
def _keep(slots: Ints, costs: Ints, slot: int, cost: int) -> None:
    """Keeps the cheapest, in order."""
    for place in range(len(slots)):
        if slots[place] < 0 or cost < costs[place]:
            for later in range(len(slots) - 1, place, -1):
                slots[later], costs[later] = slots[later - 1], costs[later - 1]
            slots[place], costs[place] = slot, cost
            return


@compiled
def _fill_others(
    edges: Edges, chosen: Shorts, width: int, tickets: int, slots: Ints, costs: Ints
) -> None:
    for ticket in range(tickets):
        at, end = edges.first[ticket], edges.end[ticket]
        own = chosen[ticket] // width if chosen[ticket] >= 0 else -1
        while at < end:
            best, at = _best_of_expert(edges, at, end, width)
            if edges.other[best] // width != own:
                _keep(slots[ticket], costs[ticket], edges.other[best], edges.cost[best])


def _others(edges: Edges, chosen: Shorts, width: int, tickets: int) -> _Others:
    """For each ticket the other experts whose cheapest window would cost it least."""
    found = _Others(
        np.full((tickets, ALTERNATIVES), -1, np.int64), np.zeros((tickets, ALTERNATIVES), np.int64)
    )
    _fill_others(edges, chosen, max(width, 1), tickets, found.slot, found.cost)
    return found


def served_by_priority(level: Levels, slot: Shorts) -> dict[str, list[int]]:
    """Tickets served and tickets in all, by priority."""
    return {
        name: [int(((level == place) & (slot >= 0)).sum()), int((level == place).sum())]
        for place, name in enumerate(PRIORITY_LEVELS)
    }
