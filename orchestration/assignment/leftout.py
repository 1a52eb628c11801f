"""Pairs that were not considered because nearer experts are: what they could have gained.

Each of their edges is priced against the dual prices of the optimum. If none could serve a
ticket for less, the optimum over the pairs considered is the optimum over all; where some
could, they are added and the problem is solved again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orchestration.assignment import costs
from orchestration.assignment.candidates import Pairs, pairs_of_each_type
from orchestration.assignment.costs import Setting
from orchestration.assignment.matching.compiled import Ints, Levels, compiled
from orchestration.assignment.matching.graph import Edges, State, room_for
from orchestration.assignment.matching.levels import Fullness
from orchestration.assignment.problem import Problem, edges_of, merged


@dataclass(frozen=True)
class LeftOut:
    """`pairs` that were priced, those of them that could gain something, and by how much at most.

    `serving` counts edges by which more tickets of a level might be served, `cost` is a bound of
    what the total could be lower, in cost units.
    """

    pairs: int
    gaining: Pairs
    serving: int
    cost: int

    @property
    def none(self) -> bool:
        return len(self.gaining.ticket) == 0


def price_left_out(problem: Problem, full: Fullness, state: State) -> LeftOut:
    """Prices all pairs that are not considered, type by type."""
    if problem.left_out == 0:
        return LeftOut(0, merged([]), 0, 0)
    gaining, serving, priced = [], 0, 0
    best = np.zeros(problem.tickets, np.int64)
    considered = problem.codes(problem.pairs.ticket, problem.pairs.expert)
    for pairs in _pairs_of_each_type(problem):
        others = pairs.where(
            (pairs.windows != 0) & ~_among(problem.codes(pairs.ticket, pairs.expert), considered)
        )
        gains, more = _gains(problem.setting, others, full.ticket, full.slot, state, best)
        gaining.append(others.where(gains))
        serving += int(more)
        priced += len(others.ticket)
    return LeftOut(priced, merged(gaining), serving, int(best.sum()))


def _pairs_of_each_type(problem: Problem) -> Iterator[Pairs]:
    """All pairs that were left out, with or without those that are considered."""
    if problem.others is not None:
        yield from problem.others
    else:
        for _, pairs in pairs_of_each_type(problem.columns):
            yield pairs


def add(problem: Problem, pairs: Pairs) -> None:
    """Considers some more pairs; edges that were taken out of the problem stay out."""
    problem.edges = _both(problem.edges, edges_of(problem.setting, problem.tickets, pairs))
    problem.pairs = merged([problem.pairs, pairs])
    problem.left_out -= len(pairs.ticket)


def _both(edges: Edges, more: Edges) -> Edges:
    """The edges of both, which have none in common; `more` may have fewer rows."""
    counts = edges.end - edges.first
    counts[: len(more.first)] += more.end - more.first
    both = room_for(counts)
    _merge(edges, more, both)
    return both


@compiled
def _merge(edges: Edges, more: Edges, both: Edges) -> None:
    at = 0
    for row in range(len(both.first)):
        new = more.first[row] if row < len(more.first) else 0
        end = more.end[row] if row < len(more.first) else 0
        for edge in range(edges.first[row], edges.end[row]):
            while new < end and more.other[new] < edges.other[edge]:
                both.other[at], both.cost[at] = more.other[new], more.cost[new]
                new, at = new + 1, at + 1
            both.other[at], both.cost[at] = edges.other[edge], edges.cost[edge]
            at += 1
        while new < end:
            both.other[at], both.cost[at] = more.other[new], more.cost[new]
            new, at = new + 1, at + 1


def _among(wanted: Ints, considered: Ints) -> NDArray[np.bool_]:
    """Which of some pairs are considered already; both by code, the latter sorted."""
    if len(considered) == 0:
        return np.zeros(len(wanted), np.bool_)
    at = np.minimum(np.searchsorted(considered, wanted), len(considered) - 1)
    return np.asarray(considered[at] == wanted)


@compiled
def _gains(
    setting: Setting,
    pairs: Pairs,
    ticket_full: Levels,
    slot_full: Levels,
    state: State,
    best: Ints,
) -> tuple[NDArray[np.bool_], int]:
    """Which pairs have an edge that could gain; keeps the largest gain of each ticket."""
    gains, serving, width = np.zeros(len(pairs.ticket), np.bool_), 0, setting.start.shape[1]
    for row in range(len(pairs.ticket)):
        ticket, expert = pairs.ticket[row], pairs.expert[row]
        pair = costs.of_pair(setting, ticket, expert, pairs.km[row])
        for window in range(width):
            slot = expert * width + window
            if not (pairs.windows[row] >> window) & 1 or slot_full[slot] < ticket_full[ticket]:
                continue
            if slot_full[slot] > ticket_full[ticket]:
                serving += 1
                gains[row] = True
                continue
            cost = costs.of_edge(
                setting, ticket, pair, costs.of_window(setting, ticket, expert, window)
            )
            gain = state.value[ticket] - cost - state.price[slot]
            if gain > 0:
                gains[row] = True
                best[ticket] = max(best[ticket], gain)
    return gains, serving
