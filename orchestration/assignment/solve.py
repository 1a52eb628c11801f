"""The best assignment over all pairs, such that every expert can drive each day; with its proof.

Solved, then looked at twice: a pair that was left out and could gain something is added, a day
that nobody can drive loses its least important visit; then the problem is solved again, from
where it was.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from orchestration.assignment.driving import undrivable
from orchestration.assignment.leftout import LeftOut, add, price_left_out
from orchestration.assignment.matching.compiled import Ints, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, edge_of, keep
from orchestration.assignment.matching.solver import Draft, Optimum, Warm, draft, prove
from orchestration.assignment.oracle import best_by_scipy
from orchestration.assignment.problem import LEVELS, Problem
from orchestration.assignment.watch import Watch

ROUNDS = 30
"""How often single edges are taken out of days that cannot be driven; then it is whole slots."""


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
    warm: Warm | None = None
    while True:
        rounds += 1
        found = _draft(problem, warm, watch)
        warm = found.warm
        slot = found.state.slot_of[: problem.tickets].copy()
        bad = _undrivable(problem, slot)
        if len(bad):
            repairs += len(bad)
            del found  # its edges are not kept beside the next one's
            _bar(problem, bad, slot[bad], whole=rounds > ROUNDS)
            continue
        best = prove(found)
        del found  # likewise
        watch.add(best.seconds)
        began = perf_counter()
        left_out = price_left_out(problem, best.full, best.state)
        watch.add({"left_out": perf_counter() - began})
        if left_out.none or not best.certificate.holds:
            break
        added += len(left_out.gaining.ticket)
        add(problem, left_out.gaining)
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


def _draft(problem: Problem, warm: Warm | None, watch: Watch) -> Draft:
    found = draft(problem.edges, problem.level, problem.slots, LEVELS, warm)
    watch.add(found.seconds)
    return found


def _bar(problem: Problem, tickets: Ints, slots: Shorts, *, whole: bool) -> None:
    """Takes out edges that cannot be driven; a pair that is added later cannot bring them back.

    With `whole`, nobody has these slots any more: where too many tickets want a day, taking out
    one edge after the other would never end.
    """
    edges = problem.edges
    if whole:
        gone = np.zeros(problem.slots, np.bool_)
        gone[slots] = True
        kept = ~gone[edges.other]
        kept[edges.first[problem.tickets] :] = True  # blockers keep them
    else:
        kept = np.ones(len(edges.other), np.bool_)
        kept[edge_of_each(edges, tickets, slots)] = False
    problem.edges = keep(edges, kept)


def _undrivable(problem: Problem, slot: Shorts) -> Ints:
    """Tickets whose visit a day has to lose so that it can be driven."""
    tickets = np.flatnonzero(slot >= 0)
    slots = slot[tickets].astype(np.int64)
    return undrivable(problem, tickets, slots, costs_of(problem.edges, tickets, slots))


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
    while len(bad := _undrivable(problem, slot)):
        slot[bad] = -1
        left += len(bad)
    return left
