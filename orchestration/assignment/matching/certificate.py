"""The proof of an optimum, checked in one pass over the edges, by code that solves nothing.

**Levels.** For each level k, the tickets that are full at k or before it have edges to slots
that are full by then only, every such slot is taken by such a ticket of a level up to k, and
every other ticket of a level up to k is served. So no choice serves more tickets of levels up
to k: the slots are all there is for these tickets (Hall), and of the others none is missing.

**Cost.** Among all choices that serve as many, which use edges between equals only, the total of
the pairs' costs is the least: it equals the total of the dual (what tickets pay less what slots
take), no ticket could pay less on any of its edges, what is optional pays at most 0, what need
not be taken has a price of at least 0, and of 0 if it is free.
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import Levels, compiled
from orchestration.assignment.matching.graph import Edges, Rules, State
from orchestration.assignment.matching.levels import Fullness


class Certificate(NamedTuple):
    """Primal and dual total in cost units, and how often each condition is broken.

    `unwitnessed` counts edges, slots and tickets that break the witness of a level;
    `improvable` edges on which a ticket could pay less; `unpriced` pairs, slots and tickets
    whose price or value is not what it has to be.
    """

    primal: int
    dual: int
    unwitnessed: int
    improvable: int
    unpriced: int

    @property
    def holds(self) -> bool:
        broken = self.unwitnessed or self.improvable or self.unpriced
        return self.primal == self.dual and not broken


def certify(
    edges: Edges, level: Levels, full: Fullness, rules: Rules, state: State, levels: int
) -> Certificate:
    """Checks all of it; edges are all that were considered, not only those between equals."""
    unwitnessed, improvable, primal, unpriced = _edges(edges, level, full, rules, state, levels)
    broken, prices = _slots(level, full, rules, state, levels)
    dual = int(state.value.sum()) - int(state.price[state.ticket_of >= 0].sum())
    return Certificate(
        int(primal), dual, int(unwitnessed + broken), int(improvable), int(unpriced + prices)
    )


@compiled
def _edges(
    edges: Edges, level: Levels, full: Fullness, rules: Rules, state: State, levels: int
) -> tuple[int, int, int, int]:
    unwitnessed, improvable, primal, unpriced = 0, 0, 0, 0
    for ticket in range(len(state.slot_of)):
        own, value, paid = state.slot_of[ticket], state.value[ticket], -1
        for edge in range(edges.first[ticket], edges.end[ticket]):
            slot = edges.other[edge]
            if full.slot[slot] > full.ticket[ticket]:
                unwitnessed += 1
            elif full.slot[slot] == full.ticket[ticket]:
                pays = edges.cost[edge] + state.price[slot]
                improvable += pays < value
                if slot == own:
                    paid = edges.cost[edge]
        if own >= 0:
            primal += paid
            unpriced += paid < 0 or paid + state.price[own] != value
            unwitnessed += state.ticket_of[own] != ticket
        else:
            unwitnessed += not rules.optional[ticket] and level[ticket] < levels
            unpriced += value != 0
        unpriced += rules.optional[ticket] and value > 0
        unwitnessed += rules.optional[ticket] != (full.ticket[ticket] == level[ticket])
    return unwitnessed, improvable, primal, unpriced


@compiled
def _slots(
    level: Levels, full: Fullness, rules: Rules, state: State, levels: int
) -> tuple[int, int]:
    unwitnessed, unpriced = 0, 0
    for slot in range(len(state.ticket_of)):
        owner = state.ticket_of[slot]
        if owner >= 0:
            unwitnessed += state.slot_of[owner] != slot
            unwitnessed += full.ticket[owner] != full.slot[slot]
            unwitnessed += level[owner] > full.slot[slot]
        else:
            unwitnessed += full.slot[slot] < levels
            unpriced += state.price[slot] != 0
        unwitnessed += rules.forced[slot] != (full.slot[slot] < levels)
        unpriced += not rules.forced[slot] and state.price[slot] < 0
    return unwitnessed, unpriced


def served_by_level(level: Levels, state: State, levels: int) -> list[int]:
    """How many tickets of each level are served."""
    return [int(it) for it in np.bincount(level[state.slot_of >= 0], minlength=levels)]
