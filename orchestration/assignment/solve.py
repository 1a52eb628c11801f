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
from orchestration.assignment.matching.graph import Edges, edge_of
from orchestration.assignment.matching.solver import Draft, Optimum, Warm, draft, prove
from orchestration.assignment.oracle import best_by_scipy
from orchestration.assignment.problem import LEVELS, Problem

ROUNDS = 16
"""How often one run is solved again; what still cannot be driven then waits for the next run."""


@dataclass
class Solution:
    """`slot` is each ticket's slot, -1 when it stays unserved.

    `optimum` is the last one solved, `repairs` counts edges taken out because their day could
    not be driven, `added` pairs that had been left out, `left_out` what the others could gain.
    `proven` is false when the certificate did not hold and the oracle solved it instead.
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
    seconds: dict[str, float] = {}
    repairs = added = rounds = 0
    found = _draft(problem, None, seconds)
    while True:
        rounds += 1
        slot = found.state.slot_of[: problem.tickets].copy()
        bad = _undrivable(problem, slot)
        if len(bad) and rounds <= ROUNDS:
            repairs += len(bad)
            _bar(problem, bad, slot[bad])
            found = _draft(problem, found, seconds)
            continue
        best = prove(found)
        _add(seconds, best.seconds)
        began = perf_counter()
        left_out = price_left_out(problem, best.full, best.state)
        _add(seconds, {"left_out": perf_counter() - began})
        if left_out.none or rounds > 2 * ROUNDS or not best.certificate.holds:
            break
        added += len(left_out.gaining.ticket)
        add(problem, left_out.gaining)
        found = _draft(problem, found, seconds)
    if not best.certificate.holds:
        slot = best_by_scipy(problem.edges, problem.level, problem.slots, LEVELS)
        slot = slot[: problem.tickets]
    repairs += _leave_undrivable(problem, slot)
    proven = best.certificate.holds
    return Solution(slot, best, left_out, rounds, repairs, added, proven, seconds)


def _draft(problem: Problem, before: Draft | None, seconds: dict[str, float]) -> Draft:
    warm = None if before is None else Warm(before.state.slot_of, before.state.price)
    found = draft(problem.edges, problem.level, problem.slots, LEVELS, warm)
    _add(seconds, found.seconds)
    return found


def _add(seconds: dict[str, float], more: dict[str, float]) -> None:
    for phase, spent in more.items():
        seconds[phase] = seconds.get(phase, 0.0) + spent


def _bar(problem: Problem, tickets: Ints, slots: Shorts) -> None:
    """Takes out edges that cannot be driven; a pair that is added later cannot bring them back."""
    edges = problem.edges
    kept = np.ones(len(edges.other), np.bool_)
    kept[[edge_of(edges, it, slot) for it, slot in zip(tickets, slots, strict=True)]] = False
    lost = np.bincount(tickets, minlength=len(problem.level))
    first = edges.first - np.concatenate([[0], np.cumsum(lost)])
    problem.edges = Edges(first, edges.other[kept], edges.cost[kept])


def _undrivable(problem: Problem, slot: Shorts) -> Ints:
    """Tickets whose visit a day has to lose so that it can be driven."""
    tickets = np.flatnonzero(slot >= 0)
    slots = slot[tickets].astype(np.int64)
    return undrivable(problem, tickets, slots, costs_of(problem.edges, tickets, slots))


@compiled
def costs_of(edges: Edges, tickets: Ints, slots: Ints) -> Ints:
    """The costs of some edges, which must be there."""
    found = np.empty(len(tickets), np.int64)
    for row in range(len(tickets)):
        found[row] = edges.cost[edge_of(edges, tickets[row], slots[row])]
    return found


def _leave_undrivable(problem: Problem, slot: Shorts) -> int:
    """Leaves what still cannot be driven to the next run; returns how many."""
    left = 0
    while len(bad := _undrivable(problem, slot)):
        slot[bad] = -1
        left += len(bad)
    return left
