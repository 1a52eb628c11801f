"""One sparse assignment problem, solved to the optimum.

Every ticket takes one slot or stays unserved, every slot takes one ticket. First as many as
possible of the highest priority are served, then of the next, and among all such choices the
one of least total cost is taken.

Both in one problem: each ticket gets a slot of its own called "unserved", whose penalty falls
with the priority in steps of `(n + 1) * (MAX_COST + 1)` for n tickets. The sets of tickets
that can be served together form a transversal matroid, so a set that is not the best by
priority can be improved by exchanging single tickets; each exchange gains at least one step,
and no choice of slots can cost that much. Penalties therefore need not grow exponentially
with the levels, and the sums stay whole numbers that floats hold exactly.

An expert who takes fewer visits a day than there are free windows gets a blocker for each window
too many: it must have one of that day's windows, any of them, at no cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from api.sysops.experts.days import Visit, can_be_done
from orchestration.assignment.policy import MAX_COST, PRIORITY_LEVELS
from orchestration.assignment.problem import Problem, planned, visits_of

EXACT_IN_FLOAT = 2**53
ROUNDS = 12
"""How often one run is solved again without what could not be done."""


@dataclass(frozen=True)
class Solution:
    """`edge[i]` is the index of ticket i's edge, -1 when it stays unserved.

    `objective` is the cost of the served edges; `repairs` counts the edges that were taken
    out because their expert could not do all that was chosen for a day.
    """

    edge: NDArray[np.int64]
    objective: int
    repairs: int


def solve(problem: Problem) -> Solution:
    """The optimum over the problem's edges, such that every expert can do each day.

    After `ROUNDS` repairs, which only far too few experts need, what still cannot be done is
    left out instead: its tickets stay open for the next run, a few minutes on.
    """
    usable = np.ones(len(problem.ticket), dtype=bool)
    repairs = 0
    chosen = _match(problem, usable)
    for _ in range(ROUNDS):
        bad = _out_of_reach(problem, chosen)
        if not bad:
            break
        repairs += len(bad)
        usable[bad] = False
        chosen = _match(problem, usable)
    while bad := _out_of_reach(problem, chosen):
        repairs += len(bad)
        chosen[np.isin(chosen, bad)] = -1
    cost = int(problem.cost[chosen[chosen >= 0]].sum())
    return Solution(chosen, cost, repairs)


def _match(problem: Problem, usable: NDArray[np.bool_]) -> NDArray[np.int64]:
    tickets, slots = len(problem.snapshot.tickets), len(problem.slots)
    chosen = np.full(tickets, -1, np.int64)
    if tickets == 0:
        return chosen
    edges = np.flatnonzero(usable)
    penalties = unserved_penalties(problem)
    blockers, blocked = _blockers(problem)
    # scipy reads an explicit zero as no edge, so every weight is moved up by one.
    weights = np.concatenate([problem.cost[edges], penalties, np.zeros_like(blocked)]) + 1
    every = tickets + (int(blockers[-1]) + 1 if len(blockers) else 0)
    if int(weights.max()) * every >= EXACT_IN_FLOAT:
        raise OverflowError(f"{tickets} tickets are too many for exact sums in floats.")
    rows = np.concatenate([problem.ticket[edges], np.arange(tickets), tickets + blockers])
    columns = np.concatenate([problem.slot[edges], slots + np.arange(tickets), blocked])
    graph = csr_matrix(
        (weights.astype(np.float64), (rows, columns)), shape=(every, slots + tickets)
    )
    matched_rows, matched_columns = min_weight_full_bipartite_matching(graph)
    served = (matched_columns < slots) & (matched_rows < tickets)
    edge_of = {(int(problem.ticket[edge]), int(problem.slot[edge])): int(edge) for edge in edges}
    for row, column in zip(matched_rows[served], matched_columns[served], strict=True):
        chosen[row] = edge_of[int(row), int(column)]
    return chosen


def _blockers(problem: Problem) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a blocker and a slot that it may take; blockers are counted from 0."""
    days: dict[tuple[int, date], list[int]] = {}
    for number, slot in enumerate(problem.slots):
        days.setdefault((slot.expert, slot.day), []).append(number)
    pairs: list[tuple[int, int]] = []
    count = 0
    for (expert, _), own in days.items():
        most = problem.snapshot.experts[expert].most_visits_a_day
        left = most - problem.slots[own[0]].visits_that_day
        for _ in range(len(own) - left):
            pairs.extend((count, number) for number in own)
            count += 1
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def unserved_penalties(problem: Problem) -> NDArray[np.int64]:
    """What leaving each ticket unserved costs, by its priority."""
    tickets = problem.snapshot.tickets
    step = (len(tickets) + 1) * (MAX_COST + 1)
    levels = len(PRIORITY_LEVELS)
    rank = {priority: levels - place for place, priority in enumerate(PRIORITY_LEVELS)}
    return np.array([rank[ticket.priority] * step for ticket in tickets], np.int64)


def _out_of_reach(problem: Problem, chosen: NDArray[np.int64]) -> list[int]:
    """An edge to take out for each day of an expert that cannot be done as chosen.

    The least important and then dearest of those without which it can. One edge at least is taken
    out of a finite number each time, so leaving out ends, and only when every day can be done.
    """
    days: dict[tuple[int, date], list[int]] = {}
    for edge in chosen[chosen >= 0]:
        slot = problem.slots[int(problem.slot[edge])]
        days.setdefault((slot.expert, slot.day), []).append(int(edge))
    bad = []
    for (expert, day), edges in days.items():
        booked = visits_of(problem.snapshot.experts[expert], day)
        if not _can_be_done(problem, booked, edges):
            enough = [one for one in edges if _can_be_done(problem, booked, edges, without=one)]
            bad.append(max(enough or edges, key=lambda edge: _dispensable(problem, edge)))
    return bad


def _dispensable(problem: Problem, edge: int) -> tuple[int, int, int]:
    ticket = problem.snapshot.tickets[int(problem.ticket[edge])]
    return PRIORITY_LEVELS.index(ticket.priority), int(problem.cost[edge]), edge


def _can_be_done(
    problem: Problem, booked: Sequence[Visit], edges: Sequence[int], without: int | None = None
) -> bool:
    chosen = [
        planned(
            problem.snapshot.tickets[int(problem.ticket[edge])],
            problem.slots[int(problem.slot[edge])],
        )
        for edge in edges
        if edge != without
    ]
    return can_be_done([*booked, *chosen], problem.policy.speed_kmh)
