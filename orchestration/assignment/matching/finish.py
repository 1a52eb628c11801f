"""The exact end: shortest augmenting paths from what the auction left open, on both sides.

With prices as potentials, an edge's reduced cost `cost + price - value` is never negative, and 0
on pairs. Dijkstra from an open ticket ends at a free slot or at a ticket that may be left; from
an open slot, at a ticket that may be served or a slot that may be left (Jonker, Volgenant: A
shortest augmenting path algorithm for dense and sparse linear assignment problems, 1987).

The two are one search: a slot's worth is its price below zero, as a ticket's is its value, and
`cost - worth - worth` is an edge's reduced cost from either side.
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Flags, Ints, Levels, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, Rules, State, edge_of, least_of_equals
from orchestration.assignment.matching.levels import Fullness
from orchestration.assignment.matching.nearest import Queue, empty, nearer, nearest, queue_of


class _Side(NamedTuple):
    """Tickets, or slots: what each is worth, whom it has (-1: nobody), and of the present search
    the distances, from whom it was reached, and what to clear afterwards."""

    worth: Ints
    mate: Shorts
    level: Levels
    far: Ints
    via: Shorts
    touched: Shorts


@compiled
def _side(worth: Ints, mate: Shorts, level: Levels) -> _Side:
    size = len(mate)
    return _Side(
        worth,
        mate,
        level,
        np.full(size, FAR, np.int64),
        np.full(size, -1, np.int32),
        np.empty(size, np.int32),
    )


@compiled
def make_exact(
    edges: Edges, back: Edges, full: Fullness, rules: Rules, state: State, touched: Flags
) -> None:
    """Turns prices and pairs that are near the optimum into the optimum.

    `touched` are the tickets whose value may not be the least that they can pay, or whose pair
    may pay more; of the others both are known to be right.
    """
    _tighten(edges, full, rules, state, touched)
    tickets = _side(state.value, state.slot_of, full.ticket)
    slots = _side(-state.price, state.ticket_of, full.slot)
    queue = queue_of(len(state.ticket_of))
    for ticket in range(len(state.slot_of)):
        if state.slot_of[ticket] < 0 and not (rules.optional[ticket] and state.value[ticket] == 0):
            _place(edges, rules.optional, tickets, slots, queue, ticket)
    may_idle, queue = ~rules.forced, queue_of(len(state.slot_of))
    for slot in range(len(state.ticket_of)):
        wanted = rules.forced[slot] or slots.worth[slot] < 0
        if state.ticket_of[slot] < 0 and wanted and not _is_alone(back, full, slot):
            _place(back, may_idle, slots, tickets, queue, slot)
    state.price[:] = -slots.worth


@compiled
def _where(flags: Flags) -> Ints:
    return np.flatnonzero(flags)


@compiled
def forget_prices(back: Edges, full: Fullness, rules: Rules, state: State, slots: Flags) -> None:
    """Of some slots that need not be taken, the prices of an earlier optimum that cannot be: what
    nobody can have has none, what is free none below 0."""
    for slot in _where(slots):
        if not rules.forced[slot] and (state.price[slot] < 0 or _is_alone(back, full, slot)):
            state.price[slot] = 0


@compiled
def touch_equals(back: Edges, full: Fullness, slots: Flags, touched: Flags) -> None:
    """Touches all tickets that may have one of some slots."""
    for slot in _where(slots):
        for edge in range(back.first[slot], back.end[slot]):
            ticket = back.other[edge]
            if full.ticket[ticket] == full.slot[slot]:
                touched[ticket] = True


@compiled
def _is_alone(back: Edges, full: Fullness, slot: int) -> bool:
    """Whether no ticket of its level wants a slot."""
    for edge in range(back.first[slot], back.end[slot]):
        if full.ticket[back.other[edge]] == full.slot[slot]:
            return False
    return True


@compiled
def _tighten(edges: Edges, full: Fullness, rules: Rules, state: State, touched: Flags) -> None:
    """Values become the least that tickets can pay; pairs that pay more part; free slots at it
    are taken."""
    worth = -state.price
    for ticket in _where(touched):
        least = least_of_equals(edges, full.ticket, full.slot, worth, ticket)
        least = min(least, 0 if rules.optional[ticket] else FAR)
        slot = state.slot_of[ticket]
        # What a pair pays is found among its own edges: the price may have changed since.
        if slot >= 0 and _pays(edges, state, ticket, slot) > least:
            state.ticket_of[slot] = -1
            state.slot_of[ticket] = -1
        state.value[ticket] = least
    for ticket in _where(touched):
        if state.slot_of[ticket] < 0 and not (rules.optional[ticket] and state.value[ticket] == 0):
            _take_tight(edges, full, state, ticket)


@compiled
def _pays(edges: Edges, state: State, ticket: int, slot: int) -> int:
    edge = edge_of(edges, ticket, slot)
    return int(edges.cost[edge] + state.price[slot]) if edge >= 0 else FAR


@compiled
def _take_tight(edges: Edges, full: Fullness, state: State, ticket: int) -> None:
    for edge in range(edges.first[ticket], edges.end[ticket]):
        slot = edges.other[edge]
        tight = edges.cost[edge] + state.price[slot] == state.value[ticket]
        if tight and state.ticket_of[slot] < 0 and full.slot[slot] == full.ticket[ticket]:
            state.slot_of[ticket] = slot
            state.ticket_of[slot] = ticket
            return


@compiled
def _place(
    edges: Edges, may_stay: Flags, own: _Side, others: _Side, queue: Queue, source: int
) -> None:
    """Gives an open one of its own side a mate, or leaves the one whose place is worth it least.

    `edges` are by the own side; who `may_stay` without a mate is worth 0 then. In the queue are
    others; it is empty before and after.
    """
    own.far[source] = 0
    own.touched[0] = source
    reached, seen = 1, 0
    best, end_other, end_own = FAR, -1, -1
    one, far = source, 0
    while one >= 0:
        if may_stay[one] and far - own.worth[one] < best:
            best, end_other, end_own = far - own.worth[one], -1, one
        for edge in range(edges.first[one], edges.end[one]):
            other = edges.other[edge]
            if others.level[other] != own.level[one]:
                continue
            away = far + edges.cost[edge] - others.worth[other] - own.worth[one]
            if away < best and away < others.far[other]:
                if others.far[other] == FAR:
                    others.touched[seen] = other
                    seen += 1
                others.far[other] = away
                others.via[other] = one
                if others.mate[other] < 0:
                    best, end_other, end_own = away, other, -1
                else:
                    nearer(queue, others.far, other)
        one, far = _next(queue, others, best)
        if one >= 0:
            own.far[one] = far
            own.touched[reached] = one
            reached += 1
    empty(queue)
    _shift_worth(own, reached, best, 1)
    _shift_worth(others, seen, best, -1)
    _shift_mates(own, others, source, end_other, end_own)
    _clear(own, reached)
    _clear(others, seen)


@compiled
def _next(queue: Queue, others: _Side, best: int) -> tuple[int, int]:
    """Whom the nearest of the others has, and how far that is; -1 at the end."""
    if queue.size[0] > 0:
        other = nearest(queue, others.far)
        if others.far[other] < best:
            return int(others.mate[other]), int(others.far[other])
    return -1, 0


@compiled
def _shift_worth(side: _Side, count: int, best: int, sign: int) -> None:
    for place in range(count):
        one = side.touched[place]
        if side.far[one] < best:
            side.worth[one] += sign * (best - side.far[one])


@compiled
def _shift_mates(own: _Side, others: _Side, source: int, end_other: int, end_own: int) -> None:
    """Moves everybody on the path to the next mate."""
    other = end_other
    if end_own >= 0:
        if end_own == source:
            return
        other = own.mate[end_own]
        own.mate[end_own] = -1
    while other >= 0:
        one = others.via[other]
        before = own.mate[one]
        own.mate[one] = other
        others.mate[other] = one
        other = -1 if one == source else before


@compiled
def _clear(side: _Side, count: int) -> None:
    for place in range(count):
        side.far[side.touched[place]] = FAR
        side.via[side.touched[place]] = -1
