"""The same optimum by scipy: slower, without prices, and sharing no code with our solver.

Each ticket gets a slot of its own called "unserved", whose penalty falls with the priority in
steps of `(n + 1) * (largest cost + 1)` for n tickets. The sets of tickets that can be served
together form a transversal matroid, so a set that is not the best by priority can be improved by
exchanging single tickets; each exchange gains at least one step, and no choice of slots can cost
that much. Penalties therefore need not grow exponentially with the levels, and the sums stay
whole numbers that floats hold exactly.
"""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from orchestration.assignment.matching.compiled import Levels, Shorts
from orchestration.assignment.matching.graph import Edges, owners

EXACT_IN_FLOAT = 2**53


def best_by_scipy(edges: Edges, level: Levels, slots: int, levels: int) -> Shorts:
    """Each ticket's slot, -1 when it stays unserved; raises OverflowError when there are too many
    tickets for exact sums."""
    tickets = len(level)
    if tickets == 0:
        return np.empty(0, np.int32)
    step = (tickets + 1) * (int(edges.cost.max(initial=0)) + 1)
    penalties = (levels - level.astype(np.int64)) * step
    # scipy reads an explicit zero as no edge, so every weight is moved up by one.
    weights = np.concatenate([edges.cost.astype(np.int64), penalties]) + 1
    if int(weights.max()) * tickets >= EXACT_IN_FLOAT:
        raise OverflowError(f"{tickets} tickets are too many for exact sums in floats.")
    rows = np.concatenate([owners(edges), np.arange(tickets)])
    columns = np.concatenate([edges.other.astype(np.int64), slots + np.arange(tickets)])
    graph = csr_matrix(
        (weights.astype(np.float64), (rows, columns)), shape=(tickets, slots + tickets)
    )
    matched_rows, matched_columns = min_weight_full_bipartite_matching(graph)
    slot_of = np.full(tickets, -1, np.int32)
    served = matched_columns < slots
    slot_of[matched_rows[served]] = matched_columns[served]
    return slot_of
