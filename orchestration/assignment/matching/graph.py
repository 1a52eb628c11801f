"""Edges by ticket and by slot, and what is known of them on the way to the optimum."""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Flags, Ints, Levels, Shorts, compiled


class Edges(NamedTuple):
    """Edges in rows: those of row r are `first[r]` to `end[r]`, sorted by `other`.

    By ticket, `other` are slots; by slot, tickets. Costs are whole and at least 0. Between the
    end of a row and the next row is what was taken out of it, until they are packed.
    """

    first: Ints
    end: Ints
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


def in_rows(counts: Ints, other: Shorts, cost: Shorts) -> Edges:
    """Edges that stand row after row, so many in each."""
    end = np.cumsum(counts, dtype=np.int64)
    return Edges(end - counts, end, other, cost)


def owners(edges: Edges) -> Ints:
    """The row of each edge; edges are packed."""
    return np.repeat(np.arange(len(edges.first)), edges.end - edges.first)


def by_slot(edges: Edges, slots: int) -> Edges:
    """Edges by ticket (packed) in rows of slots."""
    back = room_for(np.bincount(edges.other, minlength=slots))
    _fill_by_slot(edges, back)
    return back


def between_equals(edges: Edges, ticket_level: Levels, slot_level: Levels) -> Edges:
    """Those whose ticket and slot are full at the same level."""
    equals = room_for(_count_equals(edges, ticket_level, slot_level))
    _fill_equals(edges, ticket_level, slot_level, equals)
    return equals


def room_for(counts: Ints) -> Edges:
    """Edges to be filled, so many in each row.

    Memory comes from numpy, in pages that are huge where the system has them: what is read in no
    order is found sooner.
    """
    many = counts.sum()
    return in_rows(counts, np.empty(many, np.int32), np.empty(many, np.int32))


@compiled
def _count_equals(edges: Edges, ticket_level: Levels, slot_level: Levels) -> Ints:
    counts = np.zeros(len(edges.first), np.int64)
    for ticket in range(len(counts)):
        for edge in range(edges.first[ticket], edges.end[ticket]):
            counts[ticket] += slot_level[edges.other[edge]] == ticket_level[ticket]
    return counts


@compiled
def _fill_equals(edges: Edges, ticket_level: Levels, slot_level: Levels, equals: Edges) -> None:
    count = 0
    for ticket in range(len(ticket_level)):
        for edge in range(edges.first[ticket], edges.end[ticket]):
            slot = edges.other[edge]
            if slot_level[slot] == ticket_level[ticket]:
                equals.other[count], equals.cost[count] = slot, edges.cost[edge]
                count += 1


@compiled
def _fill_by_slot(edges: Edges, back: Edges) -> None:
    place = back.first.copy()
    for ticket in range(len(edges.first)):
        for edge in range(edges.first[ticket], edges.end[ticket]):
            slot = edges.other[edge]
            at = place[slot]
            place[slot] = at + 1
            back.other[at], back.cost[at] = ticket, edges.cost[edge]


@compiled
def take_out(edges: Edges, rows: Ints, others: Ints) -> None:
    """Takes some edges, which must be there, out of their rows."""
    for number in range(len(rows)):
        row = rows[number]
        at = edge_of(edges, row, others[number])
        edges.end[row] -= 1
        for edge in range(at, edges.end[row]):
            edges.other[edge], edges.cost[edge] = edges.other[edge + 1], edges.cost[edge + 1]


def packed(edges: Edges) -> Edges:
    """The same edges, moved together where they are: the ones given are theirs no more."""
    count = _move_together(edges)
    return Edges(edges.first, edges.end, edges.other[:count], edges.cost[:count])


@compiled
def _move_together(edges: Edges) -> int:
    count = 0
    for row in range(len(edges.first)):
        low, high = edges.first[row], edges.end[row]
        edges.first[row] = count
        for edge in range(low, high):
            edges.other[count], edges.cost[count] = edges.other[edge], edges.cost[edge]
            count += 1
        edges.end[row] = count
    return count


@compiled
def least_of_all(edges: Edges, worth: Ints, row: int) -> int:
    """What the best choice of a row comes to: an edge's cost less what the other is worth."""
    least = FAR
    for edge in range(edges.first[row], edges.end[row]):
        least = min(least, edges.cost[edge] - worth[edges.other[edge]])
    return least


@compiled
def least_of_equals(edges: Edges, own: Levels, others: Levels, worth: Ints, row: int) -> int:
    """The same over the edges between equals: own and others' levels are given."""
    least, level = FAR, own[row]
    for edge in range(edges.first[row], edges.end[row]):
        other = edges.other[edge]
        if others[other] == level:
            least = min(least, edges.cost[edge] - worth[other])
    return least


@compiled
def edge_of(edges: Edges, row: int, other: int) -> int:
    """The edge between a row and `other`, -1 when there is none."""
    low, high = edges.first[row], edges.end[row]
    while high - low > 1:
        middle = (low + high) >> 1
        if edges.other[middle] <= other:
            low = middle
        else:
            high = middle
    return int(low) if low < high and edges.other[low] == other else -1
