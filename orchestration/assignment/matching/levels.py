"""Who can be served at all: a matching grown level by level, and what is full after each.

The sets of tickets that can be served together are independent in a transversal matroid: a
matching that is grown by augmenting paths, level after level, serves as many as possible of
each. A level is grown by rounds of depth-first searches that share no ticket and look for a
free slot one step ahead (Pothen, Fan: Computing the block triangular form of a sparse matrix,
1990).

After each level, whatever can be reached by alternating paths from tickets that stay unserved
is full: its slots are taken in every best solution, by these tickets. That is Hall's condition,
and the witness that no more can be served.
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import Ints, Levels, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, Pairing, Rules, edge_of


class Fullness(NamedTuple):
    """The level at which each ticket and each slot became full; `levels` where it never did."""

    ticket: Levels
    slot: Levels


class _Search(NamedTuple):
    """The path of a search, and what it has seen in this round."""

    path: Shorts
    taken: Ints
    next_edge: Ints
    ahead: Ints
    seen: Shorts


@compiled
def grow(edges: Edges, level: Levels, levels: int, wanted: Shorts, pairing: Pairing) -> Fullness:
    """Fills an empty matching with as many tickets as possible, level by level.

    `wanted` is the slot that a ticket takes if it is free when its turn comes (-1: any).
    """
    tickets, slots = len(pairing.slot_of), len(pairing.ticket_of)
    full = Fullness(np.full(tickets, levels, np.int8), np.full(slots, levels, np.int8))
    search = _Search(
        np.empty(tickets + 1, np.int32),
        np.empty(tickets + 1, np.int64),
        np.empty(tickets, np.int64),
        edges.first.copy(),
        np.full(slots, -1, np.int32),
    )
    # Whoever knows what it wants from before takes that; the few others may take any.
    wish = _wishes(edges, slots) if (wanted < 0).all() else np.zeros(slots, np.int32)
    stamp = 0
    for now in range(levels):
        _take_wanted(edges, level, now, wanted, pairing)
        waiting = _take_free(edges, level, now, pairing, wish)
        left, before = len(waiting), len(waiting) + 1
        while 0 < left < before:
            before = left
            stamp += 1
            left = _round(edges, full.slot, levels, pairing, search, waiting[:left], stamp)
        _spread(edges, full, now, levels, pairing.ticket_of, waiting[:left])
    return full


@compiled
def _take_wanted(edges: Edges, level: Levels, now: int, wanted: Shorts, pairing: Pairing) -> None:
    """Tickets of this level take the slot that they want, if it is free and an edge leads there."""
    for ticket in range(len(level)):
        slot = wanted[ticket]
        if level[ticket] != now or slot < 0 or pairing.ticket_of[slot] >= 0:
            continue
        if edge_of(edges, ticket, slot) >= 0:
            pairing.slot_of[ticket] = slot
            pairing.ticket_of[slot] = ticket


@compiled
def _take_free(edges: Edges, level: Levels, now: int, pairing: Pairing, wish: Shorts) -> Shorts:
    """Tickets of this level take a free slot next to them; returns those without one."""
    waiting = np.empty(len(level), np.int32)
    count = 0
    for ticket in range(len(level)):
        if level[ticket] != now or pairing.slot_of[ticket] >= 0:
            continue
        slot = _least_wanted(edges, ticket, pairing.ticket_of, wish)
        if slot >= 0:
            pairing.slot_of[ticket] = slot
            pairing.ticket_of[slot] = ticket
        else:
            waiting[count] = ticket
            count += 1
    return waiting[:count].copy()


@compiled
def _wishes(edges: Edges, slots: int) -> Shorts:
    wish = np.zeros(slots, np.int32)
    for slot in edges.other:
        wish[slot] += 1
    return wish


@compiled
def _least_wanted(edges: Edges, ticket: int, ticket_of: Shorts, wish: Shorts) -> int:
    best = -1
    for edge in range(edges.first[ticket], edges.end[ticket]):
        slot = edges.other[edge]
        if ticket_of[slot] < 0 and (best < 0 or wish[slot] < wish[best]):
            best = slot
    return best


@compiled
def _free_ahead(edges: Edges, ticket: int, ticket_of: Shorts, ahead: Ints) -> int:
    """The next edge of a ticket to a free slot, or its end: a slot once taken stays taken."""
    edge = ahead[ticket]
    while edge < edges.end[ticket] and ticket_of[edges.other[edge]] >= 0:
        edge += 1
    ahead[ticket] = edge
    return int(edge)


@compiled
def _round(
    edges: Edges,
    slot_full: Levels,
    levels: int,
    pairing: Pairing,
    search: _Search,
    waiting: Shorts,
    stamp: int,
) -> int:
    """One search from each waiting ticket; keeps those that found nothing, returns how many."""
    left = 0
    for root in waiting:
        depth, edge = _find(edges, slot_full, levels, pairing.ticket_of, search, root, stamp)
        if depth < 0:
            waiting[left] = root
            left += 1
        while depth >= 0:
            ticket, slot = search.path[depth], edges.other[edge]
            pairing.slot_of[ticket] = slot
            pairing.ticket_of[slot] = ticket
            depth -= 1
            edge = search.taken[depth] if depth >= 0 else edge
    return left


@compiled
def _find(
    edges: Edges,
    slot_full: Levels,
    levels: int,
    ticket_of: Shorts,
    search: _Search,
    root: int,
    stamp: int,
) -> tuple[int, int]:
    """A path to a free slot: its depth and last edge; depth -1 when there is none."""
    depth = 0
    search.path[0] = root
    search.next_edge[root] = edges.first[root]
    while depth >= 0:
        ticket = search.path[depth]
        if search.next_edge[ticket] == edges.first[ticket]:
            free = _free_ahead(edges, ticket, ticket_of, search.ahead)
            if free < edges.end[ticket]:
                return depth, free
        edge = _unseen(edges, slot_full, levels, search, ticket, stamp)
        if edge < 0:
            depth -= 1
            continue
        search.taken[depth] = edge
        depth += 1
        below = ticket_of[edges.other[edge]]
        search.path[depth] = below
        search.next_edge[below] = edges.first[below]
    return -1, -1


@compiled
def _unseen(
    edges: Edges, slot_full: Levels, levels: int, search: _Search, ticket: int, stamp: int
) -> int:
    """The next edge of a ticket to a slot that this round has not seen, -1 when there is none."""
    end = edges.end[ticket]
    for edge in range(search.next_edge[ticket], end):
        slot = edges.other[edge]
        if search.seen[slot] != stamp and slot_full[slot] == levels:
            search.seen[slot] = stamp
            search.next_edge[ticket] = edge + 1
            return int(edge)
    search.next_edge[ticket] = end
    return -1


@compiled
def _spread(
    edges: Edges, full: Fullness, now: int, levels: int, ticket_of: Shorts, unserved: Shorts
) -> None:
    """Marks what alternating paths reach from the tickets that stay unserved."""
    queue = np.empty(len(full.ticket), np.int32)
    count = len(unserved)
    queue[:count] = unserved
    full.ticket[unserved] = now
    at = 0
    while at < count:
        ticket = queue[at]
        at += 1
        for edge in range(edges.first[ticket], edges.end[ticket]):
            slot = edges.other[edge]
            if full.slot[slot] < levels:
                continue
            full.slot[slot] = now
            owner = ticket_of[slot]
            if full.ticket[owner] == levels:
                full.ticket[owner] = now
                queue[count] = owner
                count += 1


def rules_of(full: Fullness, level: Levels, levels: int) -> Rules:
    """Of what is full at a level, the tickets of that level may stay unserved; its slots not."""
    return Rules(np.asarray(full.ticket == level), np.asarray(full.slot < levels))
