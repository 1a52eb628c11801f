"""Prices with a meaning: what the optimum would cost more if a slot were not there.

An optimum has many systems of prices. The highest one is unique: a slot's price in it is the
length of the shortest chain of moves by which its ticket, and whoever that displaces, finds
another place: to a slot that is free, or to a ticket that may be left unserved.
"""

from heapq import heapify, heappop, heappush

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Ints, compiled, empty_heap
from orchestration.assignment.matching.graph import Edges, Rules, State


def raise_to_highest(back: Edges, rules: Rules, state: State) -> Ints:
    """Raises prices and values to the highest that still prove the optimum.

    Returns the slots at which no chain ends: without one of them fewer tickets could be served.
    They rise with the highest of the others, which is the least that keeps the proof.
    """
    rise = _chains(back, rules, state)
    endless = np.flatnonzero(rise == FAR)
    rise[endless] = 0
    rise[endless] = rise.max(initial=0)
    state.price[:] += rise
    served = np.flatnonzero(state.slot_of >= 0)
    state.value[served] += rise[state.slot_of[served]]
    return endless


@compiled
def _chains(back: Edges, rules: Rules, state: State) -> Ints:
    """The shortest chain from each slot, in reduced costs (Dijkstra from all ends at once)."""
    rise = np.full(len(state.ticket_of), FAR, np.int64)
    heap = empty_heap()
    for slot in range(len(rise)):
        owner = state.ticket_of[slot]
        if owner < 0 and not rules.forced[slot]:
            rise[slot] = 0
        elif owner >= 0 and rules.optional[owner]:
            rise[slot] = -state.value[owner]
        if rise[slot] < FAR:
            heap.append((rise[slot], slot))
    heapify(heap)
    while len(heap) > 0:
        far, slot = heappop(heap)
        if far > rise[slot]:
            continue
        for edge in range(back.first[slot], back.first[slot + 1]):
            ticket = back.other[edge]
            own = state.slot_of[ticket]
            if own < 0 or own == slot:
                continue
            away = far + back.cost[edge] + state.price[slot] - state.value[ticket]
            if away < rise[own]:
                rise[own] = away
                heappush(heap, (away, np.int64(own)))
    return rise
