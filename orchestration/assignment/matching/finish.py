"""The exact end: shortest augmenting paths from what the auction left open, on both sides.

With prices as potentials, an edge's reduced cost `cost + price - value` is never negative, and 0
on pairs. Dijkstra from an open ticket ends at a free slot or at a ticket that may be left; from
an open slot, at a ticket that may be served or a slot that may be left (Jonker, Volgenant: A
shortest augmenting path algorithm for dense and sparse linear assignment problems, 1987).
"""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.auction import best_two
from orchestration.assignment.matching.compiled import FAR, Heap, Ints, Shorts, compiled, empty_heap
from orchestration.assignment.matching.graph import Edges, Rules, State


class _Reach(NamedTuple):
    """Distances of one side, from whom it was reached, and what to clear afterwards."""

    far: Ints
    via: Shorts
    touched: Shorts


@compiled
def _reach(size: int) -> _Reach:
    return _Reach(
        np.full(size, FAR, np.int64), np.full(size, -1, np.int32), np.empty(size, np.int32)
    )


@compiled
def make_exact(edges: Edges, back: Edges, rules: Rules, state: State) -> int:
    """Turns prices and pairs that are near the optimum into the optimum; returns the searches."""
    _tighten(edges, back, rules, state)
    tickets, slots = _reach(len(state.slot_of)), _reach(len(state.ticket_of))
    searches = 0
    for ticket in range(len(state.slot_of)):
        if state.slot_of[ticket] < 0 and not (rules.optional[ticket] and state.value[ticket] == 0):
            _serve(edges, rules, state, tickets, slots, ticket)
            searches += 1
    for slot in range(len(state.ticket_of)):
        idle = state.ticket_of[slot] < 0 and back.first[slot] < back.first[slot + 1]
        if idle and (rules.forced[slot] or state.price[slot] > 0):
            _fill(back, rules, state, tickets, slots, slot)
            searches += 1
    return searches


@compiled
def _tighten(edges: Edges, back: Edges, rules: Rules, state: State) -> None:
    """Values become the least that tickets can pay; pairs that pay more part; free slots at it
    are taken."""
    for slot in range(len(state.price)):
        # Prices of an earlier optimum: what nobody can have has none, what is free none below 0.
        alone = back.first[slot] == back.first[slot + 1]
        if not rules.forced[slot] and (alone or state.price[slot] < 0):
            state.price[slot] = 0
    for ticket in range(len(state.slot_of)):
        best, second, _ = best_two(edges, rules, state, ticket)
        least = min(best, second)
        slot = state.slot_of[ticket]
        # What a pair pays is found among its own edges: the price may have changed since.
        if slot >= 0 and _pays(edges, state, ticket, slot) > least:
            state.ticket_of[slot] = -1
            state.slot_of[ticket] = -1
        state.value[ticket] = least
    for ticket in range(len(state.slot_of)):
        if state.slot_of[ticket] < 0 and not (rules.optional[ticket] and state.value[ticket] == 0):
            _take_tight(edges, state, ticket)


@compiled
def _pays(edges: Edges, state: State, ticket: int, slot: int) -> int:
    for edge in range(edges.first[ticket], edges.first[ticket + 1]):
        if edges.other[edge] == slot:
            return int(edges.cost[edge] + state.price[slot])
    return FAR


@compiled
def _take_tight(edges: Edges, state: State, ticket: int) -> None:
    for edge in range(edges.first[ticket], edges.first[ticket + 1]):
        slot = edges.other[edge]
        tight = edges.cost[edge] + state.price[slot] == state.value[ticket]
        if tight and state.ticket_of[slot] < 0:
            state.slot_of[ticket] = slot
            state.ticket_of[slot] = ticket
            return


@compiled
def _serve(
    edges: Edges, rules: Rules, state: State, tickets: _Reach, slots: _Reach, source: int
) -> None:
    """Serves an open ticket, or leaves the one whose place is worth it least."""
    heap = empty_heap()
    tickets.far[source] = 0
    tickets.touched[0] = source
    reached, seen = 1, 0
    best, end_slot, end_ticket = FAR, -1, -1
    ticket, far = source, 0
    while ticket >= 0:
        if rules.optional[ticket] and far - state.value[ticket] < best:
            best, end_slot, end_ticket = far - state.value[ticket], -1, ticket
        for edge in range(edges.first[ticket], edges.first[ticket + 1]):
            slot = edges.other[edge]
            away = far + edges.cost[edge] + state.price[slot] - state.value[ticket]
            if away < best and away < slots.far[slot]:
                if slots.far[slot] == FAR:
                    slots.touched[seen] = slot
                    seen += 1
                slots.far[slot] = away
                slots.via[slot] = ticket
                if state.ticket_of[slot] < 0:
                    best, end_slot, end_ticket = away, slot, -1
                else:
                    heappush(heap, (away, np.int64(slot)))
        ticket, far = _next_ticket(heap, state, tickets, slots, best)
        if ticket >= 0:
            tickets.touched[reached] = ticket
            reached += 1
    _raise_prices(state, tickets, slots, reached, seen, best)
    _shift_tickets(state, slots, source, end_slot, end_ticket)
    _clear(tickets, reached)
    _clear(slots, seen)


@compiled
def _next_ticket(
    heap: Heap, state: State, tickets: _Reach, slots: _Reach, best: int
) -> tuple[int, int]:
    """The nearest ticket that was not reached yet, by the slot that it has; -1 at the end."""
    while len(heap) > 0:
        far, slot = heappop(heap)
        if far >= best:
            break
        owner = state.ticket_of[slot]
        if far == slots.far[slot] and tickets.far[owner] == FAR:
            tickets.far[owner] = far
            return int(owner), int(far)
    return -1, 0


@compiled
def _raise_prices(
    state: State, tickets: _Reach, slots: _Reach, reached: int, seen: int, best: int
) -> None:
    for place in range(reached):
        ticket = tickets.touched[place]
        if tickets.far[ticket] < best:
            state.value[ticket] += best - tickets.far[ticket]
    for place in range(seen):
        slot = slots.touched[place]
        if slots.far[slot] < best:
            state.price[slot] += best - slots.far[slot]


@compiled
def _shift_tickets(
    state: State, slots: _Reach, source: int, end_slot: int, end_ticket: int
) -> None:
    """Moves everybody on the path to the next slot."""
    slot = end_slot
    if end_ticket >= 0:
        if end_ticket == source:
            return
        slot = state.slot_of[end_ticket]
        state.slot_of[end_ticket] = -1
    while slot >= 0:
        ticket = slots.via[slot]
        before = state.slot_of[ticket]
        state.slot_of[ticket] = slot
        state.ticket_of[slot] = ticket
        slot = -1 if ticket == source else before


@compiled
def _fill(
    back: Edges, rules: Rules, state: State, tickets: _Reach, slots: _Reach, source: int
) -> None:
    """Gives an open slot a ticket, or frees it of its price."""
    heap = empty_heap()
    slots.far[source] = 0
    slots.touched[0] = source
    reached, seen = 1, 0
    best, end_slot, end_ticket = FAR, -1, -1
    slot, far = source, 0
    while slot >= 0:
        if not rules.forced[slot] and far + state.price[slot] < best:
            best, end_slot, end_ticket = far + state.price[slot], slot, -1
        for edge in range(back.first[slot], back.first[slot + 1]):
            ticket = back.other[edge]
            away = far + back.cost[edge] + state.price[slot] - state.value[ticket]
            if away < best and away < tickets.far[ticket] and state.slot_of[ticket] != slot:
                if tickets.far[ticket] == FAR:
                    tickets.touched[seen] = ticket
                    seen += 1
                tickets.far[ticket] = away
                tickets.via[ticket] = slot
                if state.slot_of[ticket] < 0:
                    best, end_slot, end_ticket = away, -1, ticket
                else:
                    heappush(heap, (away, np.int64(ticket)))
        slot, far = _next_slot(heap, state, tickets, slots, best)
        if slot >= 0:
            slots.touched[reached] = slot
            reached += 1
    _lower_prices(state, tickets, slots, seen, reached, best)
    _shift_slots(state, tickets, source, end_slot, end_ticket)
    _clear(tickets, seen)
    _clear(slots, reached)


@compiled
def _next_slot(
    heap: Heap, state: State, tickets: _Reach, slots: _Reach, best: int
) -> tuple[int, int]:
    """The nearest slot that was not reached yet, by the ticket that has it; -1 at the end."""
    while len(heap) > 0:
        far, ticket = heappop(heap)
        if far >= best:
            break
        slot = state.slot_of[ticket]
        if far == tickets.far[ticket] and slots.far[slot] == FAR:
            slots.far[slot] = far
            return int(slot), int(far)
    return -1, 0


@compiled
def _lower_prices(
    state: State, tickets: _Reach, slots: _Reach, seen: int, reached: int, best: int
) -> None:
    for place in range(reached):
        slot = slots.touched[place]
        if slots.far[slot] < best:
            state.price[slot] -= best - slots.far[slot]
    for place in range(seen):
        ticket = tickets.touched[place]
        if tickets.far[ticket] < best:
            state.value[ticket] -= best - tickets.far[ticket]


@compiled
def _shift_slots(
    state: State, tickets: _Reach, source: int, end_slot: int, end_ticket: int
) -> None:
    """Moves everybody on the path to the slot before."""
    ticket = end_ticket
    if end_slot >= 0:
        if end_slot == source:
            return
        ticket = state.ticket_of[end_slot]
        state.ticket_of[end_slot] = -1
    while ticket >= 0:
        slot = tickets.via[ticket]
        before = state.ticket_of[slot]
        state.slot_of[ticket] = slot
        state.ticket_of[slot] = ticket
        ticket = -1 if slot == source else before


@compiled
def _clear(reach: _Reach, count: int) -> None:
    for place in range(count):
        reach.far[reach.touched[place]] = FAR
        reach.via[reach.touched[place]] = -1
