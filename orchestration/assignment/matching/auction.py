"""Close to the least cost: tickets and slots bid in turns, with a smaller increment each time.

A bid takes the best choice, and pays for it what the second best would cost and `step` more. When
all who must have something have it, the cost is close to at most `step` a ticket above the least;
the exact finish needs no more.

D. P. Bertsekas, D. A. Castanon: A forward/reverse auction algorithm for asymmetric assignment
problems. Computational Optimization and Applications 1 (1992).

The two turns are one: a slot's worth is its price below zero, as a ticket's is its value, and
`cost - worth` of the other is what a choice comes to, from either side. In a turn that only rises.
So the few best choices of a row, once found, are looked at again until one of the others could be
better (Bertsekas, Castanon: The auction algorithm for the transportation problem, 1989, section 5).
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Flags, Ints, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, Rules, State, least_of_all

STEPS = (256, 64, 32, 16, 8, 4, 2, 1)
"""What a bid adds, in cost units; the last one leaves little for the exact finish."""
_JUMP = 1_000_000
"""How far one bid goes at most where there is no second choice."""
_KEPT = 6
"""How many choices of a row are kept; to keep more takes longer than to look again."""


class _Best(NamedTuple):
    """The best choices of each row when all were looked at, `_KEPT` a row and the best first
    (-1: no more), and what any other came to then, at least."""

    other: Shorts
    cost: Shorts
    rest: Ints
    come_to: Ints


class _Side(NamedTuple):
    """Tickets, or slots: what each is worth, whom it has (-1: nobody), whether it must have
    somebody, and its best choices."""

    worth: Ints
    mate: Shorts
    must: Flags
    best: _Best


def bid(edges: Edges, back: Edges, rules: Rules, state: State, steps: tuple[int, ...]) -> None:
    """Brings prices and pairs near the optimum, over edges between equals alone."""
    rows, columns = len(state.slot_of), len(state.ticket_of)
    tickets = _Side(state.value, state.slot_of, ~rules.optional, _nothing_known(rows))
    slots = _Side(-state.price, state.ticket_of, rules.forced, _nothing_known(columns))
    queue = np.empty(max(rows, columns), np.int32)
    for step in steps:
        # What is known of choices holds for one turn: in the other one prices fall.
        tickets.best.rest[:], slots.best.rest[:] = -FAR, -FAR
        waiting = _part_from_dear(edges, tickets, slots, step, queue)
        _turn(edges, tickets, slots, step, 0, queue, waiting)
        waiting = _idle(slots, queue)
        _turn(back, slots, tickets, step, -step, queue, waiting)
    state.price[:] = -slots.worth


def _nothing_known(rows: int) -> _Best:
    return _Best(
        np.full(rows * _KEPT, -1, np.int32),
        np.zeros(rows * _KEPT, np.int32),
        np.full(rows, -FAR, np.int64),
        np.empty(_KEPT, np.int64),
    )


@compiled
def _part_from_dear(edges: Edges, tickets: _Side, slots: _Side, step: int, queue: Shorts) -> int:
    """Pairs that come to more than `step` above the ticket's best: their slot becomes cheaper by
    that, or they part, where its price cannot fall so far. Returns who must bid.

    A slot that was left idle at its price would have to find another ticket in a long chain of
    bids. Whom the lower price tempts is seen in the next round.
    """
    count = 0
    for ticket in range(len(tickets.mate)):
        least = min(least_of_all(edges, slots.worth, ticket), FAR if tickets.must[ticket] else 0)
        slot = tickets.mate[ticket]
        if slot >= 0:
            excess = max(tickets.worth[ticket] - least - step, 0)
            fall = excess if slots.must[slot] else min(excess, -slots.worth[slot])
            slots.worth[slot] += fall
            tickets.worth[ticket] -= fall
            if fall == excess:
                continue
            slots.mate[slot] = -1
            tickets.mate[ticket] = -1
        tickets.worth[ticket] = least
        if tickets.must[ticket] or least < 0:
            queue[count] = ticket
            count += 1
    return count


@compiled
def _idle(slots: _Side, queue: Shorts) -> int:
    """Slots that nobody has, although they must be taken or still have a price."""
    count = 0
    for slot in range(len(slots.mate)):
        if slots.mate[slot] < 0 and (slots.must[slot] or slots.worth[slot] < 0):
            queue[count] = slot
            count += 1
    return count


@compiled
def _turn(
    edges: Edges,
    own: _Side,
    others: _Side,
    step: int,
    enough: int,
    queue: Shorts,
    waiting: int,
) -> None:
    """Every row in the queue takes its best choice, from whoever has it, or stays without one:
    who need not have one takes none that comes to `enough` or more.

    Who lost it is next: a chain of moves is followed to its end, among neighbours in memory.
    """
    best = own.best
    while waiting > 0:
        waiting -= 1
        row = queue[waiting]
        limit = FAR if own.must[row] else enough
        least, second, at = _best_two(edges, others.worth, best, row, limit)
        if least >= limit:
            own.worth[row] = 0
            continue
        worth = max(own.worth[row], min(second, limit, least + _JUMP) + step)
        other = best.other[at]
        ousted = others.mate[other]
        own.worth[row], own.mate[row] = worth, other
        others.worth[other], others.mate[other] = best.cost[at] - worth, row
        if ousted < 0:
            continue
        own.mate[ousted] = -1
        if own.must[ousted] or own.worth[ousted] < 0:
            queue[waiting] = ousted
            waiting += 1
        else:
            own.worth[ousted] = 0


@compiled
def _best_two(edges: Edges, worth: Ints, best: _Best, row: int, limit: int) -> tuple[int, int, int]:
    """What the best choice of a row comes to, what the next one does, and where the best is kept.

    Exact below `limit`.
    """
    least, second, at = _of_the_kept(worth, best, row)
    if min(second, limit) > best.rest[row]:
        _look(edges, worth, best, row)
        least, second, at = _of_the_kept(worth, best, row)
    return least, second, at


@compiled
def _of_the_kept(worth: Ints, best: _Best, row: int) -> tuple[int, int, int]:
    least, second, found = FAR, FAR, -1
    for at in range(row * _KEPT, (row + 1) * _KEPT):
        other = best.other[at]
        if other < 0:
            break
        comes_to = best.cost[at] - worth[other]
        if comes_to < least:
            least, second, found = comes_to, least, at
        elif comes_to < second:
            second = comes_to
    return least, second, found


@compiled
def _look(edges: Edges, worth: Ints, best: _Best, row: int) -> None:
    """Finds the best choices of a row among all its edges; of equals, the first."""
    start, kept, rest, worst = row * _KEPT, 0, FAR, FAR
    come_to = best.come_to
    for edge in range(edges.first[row], edges.end[row]):
        other = edges.other[edge]
        comes_to = edges.cost[edge] - worth[other]
        if comes_to >= worst:
            rest = min(comes_to, rest)
            continue
        if kept == _KEPT:
            rest = worst
            kept -= 1
        at = kept
        while at > 0 and come_to[at - 1] > comes_to:
            come_to[at] = come_to[at - 1]
            best.other[start + at] = best.other[start + at - 1]
            best.cost[start + at] = best.cost[start + at - 1]
            at -= 1
        come_to[at] = comes_to
        best.other[start + at], best.cost[start + at] = other, edges.cost[edge]
        kept += 1
        if kept == _KEPT:
            worst = come_to[kept - 1]
    best.rest[row] = rest
    if kept < _KEPT:
        best.other[start + kept] = -1
