"""Prices with a meaning: the highest and the lowest that prove an optimum.

An optimum has many systems of prices. In the highest one a slot's price is what everything would
cost more without it: the length of the shortest chain of moves by which its ticket, and whoever
that displaces, finds another place, up to a slot that is free or a ticket that may be left. In
the lowest one a ticket's value is what everything would cost less without it. To give a ticket
another slot costs at least the slot's price and cost less the ticket's value, in either.
"""

from heapq import heapify, heappop, heappush

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Heap, Ints, compiled, empty_heap
from orchestration.assignment.matching.graph import Edges, Rules, State


def raise_to_highest(back: Edges, rules: Rules, state: State) -> Ints:
    """Raises prices and values to the highest that still prove the optimum.

    Returns the slots at which no chain ends: without one of them fewer tickets could be served.
    Their tickets rise to one value, as far as others who want the same slots let them.
    """
    rise = _ends(rules, state)
    _follow_chains(back, state, rise)
    endless = np.flatnonzero(rise == FAR)
    if len(endless):
        values = state.value[state.ticket_of[endless]]
        least = rise[rise < FAR].max(initial=0)
        rise[endless] = least + values.max() - values
        _follow_chains(back, state, rise)
    state.price[:] += rise
    served = np.flatnonzero(state.slot_of >= 0)
    state.value[served] += rise[state.slot_of[served]]
    return endless


def lowest(edges: Edges, rules: Rules, state: State) -> tuple[Ints, Ints]:
    """The lowest prices of slots that prove the optimum, and the values of tickets with them."""
    fall = _falls(edges, rules, state)
    fall[(fall == FAR) | (state.ticket_of < 0)] = 0
    value = state.value.copy()
    served = np.flatnonzero(state.slot_of >= 0)
    value[served] -= fall[state.slot_of[served]]
    return state.price - fall, value


@compiled
def _falls(edges: Edges, rules: Rules, state: State) -> Ints:
    """How far each price can fall: to 0 where the slot need not be taken, and no further than
    whoever else wants it lets it (Dijkstra from all of these at once)."""
    fall = np.where(rules.forced, FAR, state.price)
    for ticket in range(len(state.slot_of)):
        if state.slot_of[ticket] < 0:
            for edge in range(edges.first[ticket], edges.first[ticket + 1]):
                slot = edges.other[edge]
                slack = edges.cost[edge] + state.price[slot] - state.value[ticket]
                fall[slot] = min(fall[slot], slack)
    heap = _heap_of(fall)
    while len(heap) > 0:
        far, slot = heappop(heap)
        ticket = state.ticket_of[slot]
        if far > fall[slot] or ticket < 0:
            continue
        for edge in range(edges.first[ticket], edges.first[ticket + 1]):
            other = edges.other[edge]
            slack = edges.cost[edge] + state.price[other] - state.value[ticket]
            if far + slack < fall[other]:
                fall[other] = far + slack
                heappush(heap, (fall[other], np.int64(other)))
    return fall


@compiled
def _ends(rules: Rules, state: State) -> Ints:
    """How far prices may rise where a chain of moves ends: not at all where a slot is free, up to
    what leaving its ticket costs where that may be left."""
    rise = np.full(len(state.ticket_of), FAR, np.int64)
    for slot in range(len(rise)):
        owner = state.ticket_of[slot]
        if owner < 0:
            rise[slot] = 0
        elif rules.optional[owner]:
            rise[slot] = -state.value[owner]
    return rise


@compiled
def _follow_chains(back: Edges, state: State, rise: Ints) -> None:
    """The shortest chain from each slot, in reduced costs (Dijkstra from all ends at once)."""
    heap = _heap_of(rise)
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


@compiled
def _heap_of(far: Ints) -> Heap:
    heap = empty_heap()
    for slot in range(len(far)):
        if far[slot] < FAR:
            heap.append((far[slot], np.int64(slot)))
    heapify(heap)
    return heap
