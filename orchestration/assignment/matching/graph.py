"""Edges by ticket and by slot, and what is known of them on the way to the optimum."""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Flags, Ints, Levels, Shorts, compiled


class Edges(NamedTuple):
    """Edges in rows: those of row r are `first[r]` to `first[r + 1]`, sorted by `other`.

    By ticket, `other` are slots; by slot, tickets. Costs are whole and at least 0.
    """

    first: Ints
    other: Shorts
    cost: Shorts


class Rules(NamedTuple):
    """Which tickets may stay unserved, and which slots must be taken."""

    optional: Flags
    forced: Flags


class Pairing(NamedTuple):
    """Who has whom: each ticket's slot, each slot's ticket (-1: nobody)."""

    slot_of: Shorts
    ticket_of: Shorts


class State(NamedTuple):
    """Prices of slots, what each ticket pays (cost and price), and who has whom (-1: nobody)."""

    price: Ints
    value: Ints
    slot_of: Shorts
    ticket_of: Shorts


def fresh(tickets: int, slots: int) -> State:
    """Nobody has anything, nothing has a price."""
    return State(
        price=np.zeros(slots, np.int64),
        value=np.zeros(tickets, np.int64),
        slot_of=np.full(tickets, -1, np.int32),
        ticket_of=np.full(slots, -1, np.int32),
    )


def between_equals(edges: Edges, ticket_level: Levels, slot_level: Levels) -> tuple[Edges, Edges]:
    """The edges whose ticket and slot are full at the same level, by ticket and by slot."""
    usable = _room_for(len(edges.first), len(edges.other))
    back = _room_for(len(slot_level) + 1, len(edges.other))
    count = _fill_equals(edges, ticket_level, slot_level, usable, back.first)
    usable = Edges(usable.first, usable.other[:count], usable.cost[:count])
    back = Edges(back.first, back.other[:count], back.cost[:count])
    _fill_by_slot(usable, back)
    return usable, back


def _room_for(rows: int, edges: int) -> Edges:
    """Memory from numpy, in pages that are huge where the system has them: what is read in no
    order is found sooner. What is never filled takes none."""
    return Edges(np.zeros(rows, np.int64), np.empty(edges, np.int32), np.empty(edges, np.int32))


@compiled
def _fill_equals(
    edges: Edges, ticket_level: Levels, slot_level: Levels, usable: Edges, first_back: Ints
) -> int:
    """Fills the edges by ticket, and where the rows of each slot begin; returns how many."""
    count = 0
    for ticket in range(len(ticket_level)):
        for edge in range(edges.first[ticket], edges.first[ticket + 1]):
            slot = edges.other[edge]
            if slot_level[slot] == ticket_level[ticket]:
                usable.other[count], usable.cost[count] = slot, edges.cost[edge]
                first_back[slot + 1] += 1
                count += 1
        usable.first[ticket + 1] = count
    for slot in range(len(slot_level)):
        first_back[slot + 1] += first_back[slot]
    return count


@compiled
def _fill_by_slot(edges: Edges, back: Edges) -> None:
    place = back.first[:-1].copy()
    for ticket in range(len(edges.first) - 1):
        for edge in range(edges.first[ticket], edges.first[ticket + 1]):
            slot = edges.other[edge]
            at = place[slot]
            place[slot] = at + 1
            back.other[at], back.cost[at] = ticket, edges.cost[edge]


def keep(edges: Edges, kept: Flags) -> Edges:
    """Some of the edges, moved together where they are: the ones given are theirs no more."""
    count = _move_together(edges, kept)
    return Edges(edges.first, edges.other[:count], edges.cost[:count])


@compiled
def _move_together(edges: Edges, kept: Flags) -> int:
    count, low = 0, 0
    for row in range(len(edges.first) - 1):
        high = edges.first[row + 1]
        for edge in range(low, high):
            if kept[edge]:
                edges.other[count], edges.cost[count] = edges.other[edge], edges.cost[edge]
                count += 1
        edges.first[row + 1], low = count, high
    return count


@compiled
def least_of(edges: Edges, worth: Ints, row: int) -> int:
    """What the best choice of a row comes to: an edge's cost less what the other is worth."""
    least = FAR
    for edge in range(edges.first[row], edges.first[row + 1]):
        least = min(least, edges.cost[edge] - worth[edges.other[edge]])
    return least


@compiled
def edge_of(edges: Edges, row: int, other: int) -> int:
    """The edge between a row and `other`, -1 when there is none."""
    low, high = edges.first[row], edges.first[row + 1]
    while high - low > 1:
        middle = (low + high) >> 1
        if edges.other[middle] <= other:
            low = middle
        else:
            high = middle
    return int(low) if low < high and edges.other[low] == other else -1
