"""Other ways to solve the same problem: OR-tools' flow, and greedy as dispatchers do it."""

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

from orchestration.assignment.matching.compiled import Shorts, compiled
from orchestration.assignment.matching.graph import Edges, owners
from orchestration.assignment.matching.solver import Draft
from orchestration.assignment.problem import LEVELS, Problem


def cost_by_or_tools(found: Draft) -> int:
    """The least cost over edges between equals, as a flow: what must be served and taken is."""
    tickets, slots = len(found.level), len(found.state.ticket_of)
    rows, other = owners(found.edges), found.edges.other
    equal = found.full.ticket[rows] == found.full.slot[other]
    rows, other = rows[equal], other[equal]
    optional = np.flatnonzero(found.rules.optional)
    idle = np.flatnonzero(~found.rules.forced)
    sink = tickets + slots
    tail = np.concatenate([rows, optional, tickets + idle])
    head = np.concatenate([tickets + other, np.full(len(optional) + len(idle), sink)])
    cost = np.concatenate([found.edges.cost[equal], np.zeros(len(optional) + len(idle))])
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), head.astype(np.int32), np.ones(len(tail), np.int64),
        cost.astype(np.int64),
    )  # fmt: skip
    supply = np.concatenate([np.ones(tickets), -found.rules.forced.astype(float), [0]])
    supply[sink] = -supply.sum()
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply.astype(np.int64))
    if flow.solve() != flow.OPTIMAL:
        raise RuntimeError("OR-tools found no optimum.")
    return int(flow.optimal_cost())


def greedy(problem: Problem) -> Shorts:
    """By priority, then by due time: each ticket takes its cheapest free window."""
    due = np.concatenate(
        [problem.columns.tickets.due, np.zeros(len(problem.level) - problem.tickets, np.int64)]
    )
    return _greedy(problem.edges, np.lexsort((due, problem.level)), problem.slots)


@compiled
def _greedy(edges: Edges, order: NDArray[np.int64], slots: int) -> Shorts:
    slot_of = np.full(len(edges.first), -1, np.int32)
    taken = np.zeros(slots, np.bool_)
    for ticket in order:
        best, cost = -1, 1 << 60
        for edge in range(edges.first[ticket], edges.end[ticket]):
            slot = edges.other[edge]
            if not taken[slot] and edges.cost[edge] < cost:
                best, cost = slot, edges.cost[edge]
        slot_of[ticket] = best
        if best >= 0:
            taken[best] = True
    return slot_of


def served_and_cost(problem: Problem, slot_of: Shorts) -> tuple[list[int], int]:
    """Tickets served at each priority, and the total cost."""
    rows = owners(problem.edges)
    total = problem.edges.cost[problem.edges.other == slot_of[rows]].sum()
    counts = np.bincount(problem.level[slot_of >= 0], minlength=LEVELS)[1:]
    return [int(it) for it in counts], int(total)
