"""The best assignment over all pairs, such that every expert can drive each day; with its proof.

Solved, then looked at twice: a day that nobody can drive loses its least important visits, a pair
that was left out and could gain something is added; then the problem is solved again, from where
it was.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from orchestration.assignment.driving import Unfit, undrivable
from orchestration.assignment.leftout import LeftOut, add, price_left_out
from orchestration.assignment.matching.compiled import Ints, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, edge_of, packed
from orchestration.assignment.matching.solver import Draft, Optimum, again, draft, prove
from orchestration.assignment.oracle import best_by_scipy
from orchestration.assignment.problem import LEVELS, Problem
from orchestration.assignment.watch import Watch

LOOK_AHEAD_AFTER = 8
"""Rounds in which a day that cannot be driven loses single edges only: what leaves finds another
place by itself. Then it loses at once all edges that would end like this one."""
ROUNDS = 100
"""After so many, what leaves takes its slot with it, so that there is an end."""


@dataclass
class Solution:
    """`slot` is each ticket's slot, -1 when it stays unserved.

    `optimum` is the last one solved, `repairs` counts edges taken out because their day could
    not be driven, `added` pairs that had been left out, `left_out` what the others could gain.
    `proven` is false when the certificate did not hold: then the oracle solved it instead, or,
    where there are too many tickets for that, it is our own answer without a proof.
    """

    slot: Shorts
    optimum: Optimum
    left_out: LeftOut
    rounds: int
    repairs: int
    added: int
    proven: bool
    seconds: dict[str, float]


def solve(problem: Problem) -> Solution:
    """The optimum, proven over all pairs that break no hard rule and all edges not taken out."""
    watch = Watch()
    repairs = added = rounds = 0
    found = draft(problem.edges, problem.level, problem.slots, LEVELS)
    watch.add(found.seconds)
    while True:
        rounds += 1
        unfit = _undrivable(problem, found.state.slot_of, ahead=rounds > LOOK_AHEAD_AFTER)
        if len(unfit.leaving):
            repairs += len(unfit.leaving)
            tickets, slots = unfit.ticket, unfit.slot
            if rounds > ROUNDS:
                tickets, slots = _whole_slots(problem, found, unfit.leaving)
            again(found, tickets, slots)
            watch.add(found.seconds)
            continue
        best = prove(found)
        watch.add(best.seconds)
        began = perf_counter()
        left_out = price_left_out(problem, best.full, best.state)
        watch.add({"left_out": perf_counter() - began})
        if left_out.none or not best.certificate.holds:
            break
        added += len(left_out.gaining.ticket)
        warm = found.warm
        del found  # its edges by slot are not kept beside the next one's
        add(problem, left_out.gaining)
        found = draft(problem.edges, problem.level, problem.slots, LEVELS, warm)
        watch.add(found.seconds)
    problem.edges = packed(problem.edges)
    slot = found.state.slot_of[: problem.tickets].copy()
    proven = best.certificate.holds
    if not proven:
        slot = _by_the_oracle(problem, slot)
        repairs += _leave_undrivable(problem, slot)
    return Solution(slot, best, left_out, rounds, repairs, added, proven, watch.seconds)


def _by_the_oracle(problem: Problem, own: Shorts) -> Shorts:
    """What scipy says; where that cannot be exact, what is valid of our own answer."""
    try:
        slot = best_by_scipy(problem.edges, problem.level, problem.slots, LEVELS)
        return slot[: problem.tickets]
    except OverflowError:
        served = np.flatnonzero(own >= 0)
        places = edge_of_each(problem.edges, served, own[served])
        _, first = np.unique(own[served], return_index=True)
        valid = np.zeros(len(served), np.bool_)
        valid[first] = places[first] >= 0
        return np.where(np.isin(np.arange(len(own)), served[valid]), own, -1).astype(np.int32)


def _whole_slots(problem: Problem, found: Draft, leaving: Ints) -> tuple[Ints, Ints]:
    """All edges of tickets (blockers keep theirs) to the slots of some."""
    slots = found.state.slot_of[leaving]
    rows = [found.back.other[found.back.first[it] : found.back.end[it]] for it in slots]
    tickets = np.concatenate(rows).astype(np.int64)
    of = np.repeat(slots, [len(it) for it in rows]).astype(np.int64)
    return tickets[tickets < problem.tickets], of[tickets < problem.tickets]


def _undrivable(problem: Problem, slot_of: Shorts, *, ahead: bool = False) -> Unfit:
    tickets = np.flatnonzero(slot_of[: problem.tickets] >= 0)
    slots = slot_of[tickets].astype(np.int64)
    costs = costs_of(problem.edges, tickets, slots)
    return undrivable(problem, tickets, slots, costs, ahead=ahead)


@compiled
def edge_of_each(edges: Edges, tickets: Ints, slots: Ints | Shorts) -> Ints:
    """Where some edges stand, -1 for one that is not there."""
    found = np.empty(len(tickets), np.int64)
    for row in range(len(tickets)):
        found[row] = edge_of(edges, tickets[row], slots[row])
    return found


def costs_of(edges: Edges, tickets: Ints, slots: Ints) -> Ints:
    """The costs of some edges, which must be there."""
    return np.asarray(edges.cost[edge_of_each(edges, tickets, slots)], np.int64)


def _leave_undrivable(problem: Problem, slot: Shorts) -> int:
    """Leaves what still cannot be driven to the next run; returns how many."""
    left = 0
    while len(bad := _undrivable(problem, slot).leaving):
        slot[bad] = -1
        left += len(bad)
    return left
