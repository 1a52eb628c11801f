"""Prices with a meaning: the highest and the lowest that prove an optimum.

An optimum has many systems of prices. In the highest one a slot's price is what everything would
cost more without it: the length of the shortest chain of moves by which its ticket, and whoever
that displaces, finds another place, up to a slot that is free or a ticket that may be left. In
the lowest one a ticket's value is what everything would cost less without it. To give a ticket
another slot costs at least the slot's price and cost less the ticket's value, in either.
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Ints, compiled
from orchestration.assignment.matching.graph import Edges, Rules, State, least_of_equals
from orchestration.assignment.matching.levels import Fullness
from orchestration.assignment.matching.nearest import Queue, nearer, nearest, queue_of


def raise_to_highest(edges: Edges, back: Edges, full: Fullness, rules: Rules, state: State) -> Ints:
    """Raises prices and values to the highest that still prove the optimum.

    Edges are given by ticket and by slot. Returns the slots at which no chain
    ends: without one of them fewer tickets could be served. Their tickets rise to one value, as
    far as others who want the same slots let them.
    """
    rise = _ends(rules, state)
    _spread_zero(back, full, state, rise)
    _follow_chains(back, full, state, rise, _next_to_ends(edges, full, state, rise))
    endless = np.flatnonzero(rise == FAR)
    if len(endless):
        values = state.value[state.ticket_of[endless]]
        least = rise[rise < FAR].max(initial=0)
        rise[endless] = least + values.max() - values
        # They lie beyond all others: no chain of another slot is shorter through one of them.
        _follow_chains(back, full, state, rise, endless)
    state.price[:] += rise
    served = np.flatnonzero(state.slot_of >= 0)
    state.value[served] += rise[state.slot_of[served]]
    return endless


def lowest(edges: Edges, full: Fullness, rules: Rules, state: State) -> tuple[Ints, Ints]:
    """The lowest prices of slots that prove the optimum, and the values of tickets with them."""
    fall = _falls(edges, full, rules, state)
    fall[(fall == FAR) | (state.ticket_of < 0)] = 0
    value = state.value.copy()
    served = np.flatnonzero(state.slot_of >= 0)
    value[served] -= fall[state.slot_of[served]]
    return state.price - fall, value


class _Falls(NamedTuple):
    """How far each price falls at most, as known so far; the same less the price, with which an
    edge's cost is compared in one look; and whose turn is next."""

    far: Ints
    bound: Ints
    queue: Queue


@compiled
def _falls(edges: Edges, full: Fullness, rules: Rules, state: State) -> Ints:
    """How far each price can fall: to 0 where the slot need not be taken, and no further than
    whoever else wants it lets it (Dijkstra from all of these at once)."""
    falls = _Falls(
        np.where(rules.forced, FAR, state.price),
        np.where(rules.forced, FAR, 0),
        queue_of(len(state.price)),
    )
    for slot in range(len(falls.far)):
        if falls.far[slot] < FAR:
            nearer(falls.queue, falls.far, slot)
    for ticket in range(len(state.slot_of)):
        if state.slot_of[ticket] < 0:
            _let_fall(edges, full, state, falls, ticket, 0)
    while falls.queue.size[0] > 0:
        slot = nearest(falls.queue, falls.far)
        if state.ticket_of[slot] >= 0:
            _let_fall(edges, full, state, falls, state.ticket_of[slot], falls.far[slot])
    return falls.far


@compiled
def _let_fall(
    edges: Edges, full: Fullness, state: State, falls: _Falls, ticket: int, far: int
) -> None:
    """Whatever a ticket wants falls no further than its own slot and the difference."""
    so_far = far - state.value[ticket]
    for edge in range(edges.first[ticket], edges.end[ticket]):
        slot, away = edges.other[edge], so_far + edges.cost[edge]
        if away < falls.bound[slot] and full.slot[slot] == full.ticket[ticket]:
            falls.bound[slot] = away
            falls.far[slot] = away + state.price[slot]
            nearer(falls.queue, falls.far, slot)


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
def _spread_zero(back: Edges, full: Fullness, state: State, rise: Ints) -> None:
    """Whoever would take another slot at the same cost, whose price cannot rise, cannot have its
    own rise either: that is most of them, and needs no order."""
    stack = np.empty(len(rise), np.int32)
    count = 0
    for slot in range(len(rise)):
        if rise[slot] == 0:
            stack[count] = slot
            count += 1
    while count > 0:
        count -= 1
        slot = stack[count]
        for edge in range(back.first[slot], back.end[slot]):
            ticket = back.other[edge]
            tight = back.cost[edge] + state.price[slot] == state.value[ticket]
            if tight and full.ticket[ticket] == full.slot[slot]:
                own = state.slot_of[ticket]
                if own >= 0 and rise[own] > 0:
                    rise[own] = 0
                    stack[count] = own
                    count += 1


@compiled
def _next_to_ends(edges: Edges, full: Fullness, state: State, rise: Ints) -> Ints:
    """Shortens each chain that is not of length 0 to its first step, where one does; returns the
    slots from which chains go on."""
    worth = -(state.price + rise)
    starts = np.empty(len(rise), np.int64)
    count = 0
    for slot in range(len(rise)):
        ticket = state.ticket_of[slot]
        if rise[slot] > 0 and ticket >= 0:
            least = least_of_equals(edges, full.ticket, full.slot, worth, ticket)
            if least < FAR:
                rise[slot] = min(rise[slot], least - state.value[ticket])
            if rise[slot] < FAR:
                starts[count] = slot
                count += 1
    return starts[:count].copy()


@compiled
def _follow_chains(back: Edges, full: Fullness, state: State, rise: Ints, ends: Ints) -> None:
    """The shortest chain from each slot, in reduced costs (Dijkstra from all `ends` at once)."""
    queue = queue_of(len(rise))
    for slot in ends:
        nearer(queue, rise, slot)
    # One look an edge: what its cost is compared with is known for each ticket.
    bound = np.full(len(state.slot_of), -FAR, np.int64)
    for ticket in range(len(bound)):
        own = state.slot_of[ticket]
        if own >= 0:
            bound[ticket] = rise[own] + state.value[ticket]
    while queue.size[0] > 0:
        slot = nearest(queue, rise)
        so_far = rise[slot] + state.price[slot]
        for edge in range(back.first[slot], back.end[slot]):
            ticket = back.other[edge]
            away = so_far + back.cost[edge]
            if away < bound[ticket] and full.ticket[ticket] == full.slot[slot]:
                own = state.slot_of[ticket]
                bound[ticket] = away
                rise[own] = away - state.value[ticket]
                nearer(queue, rise, own)
