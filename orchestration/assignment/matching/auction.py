"""Close to the least cost: tickets and slots bid in turns, with a smaller increment each time.

A bid raises (or lowers) the price of a slot by what the best choice is better than the second
best, and by `step` more. When all who must have something have it, the cost is at most `step` a
ticket above the least.

D. P. Bertsekas, D. A. Castanon: A forward/reverse auction algorithm for asymmetric assignment
problems. Computational Optimization and Applications 1 (1992).
"""

import numpy as np

from orchestration.assignment.matching.compiled import FAR, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, Rules, State

STEPS = (512, 64, 8, 1)
"""What a bid adds, in cost units; the last one leaves little for the exact finish."""
_JUMP = 1_000_000
"""How far one bid goes at most where there is no second choice."""


def bid(edges: Edges, back: Edges, rules: Rules, state: State, steps: tuple[int, ...]) -> None:
    """Brings prices and pairs near the optimum."""
    tickets, slots = len(state.slot_of), len(state.ticket_of)
    queue, slot_queue = np.empty(tickets + 1, np.int32), np.empty(slots + 1, np.int32)
    for step in steps:
        waiting = part_from_dear(edges, rules, state, step, queue)
        _tickets_bid(edges, rules, state, step, queue, waiting)
        _slots_bid(back, rules, state, step, slot_queue)


@compiled
def best_two(edges: Edges, rules: Rules, state: State, ticket: int) -> tuple[int, int, int]:
    """The least that a ticket can pay, the next choice's, and the edge of the least (-1: none)."""
    best, at = FAR, -1
    second = 0 if rules.optional[ticket] else FAR
    for edge in range(edges.first[ticket], edges.first[ticket + 1]):
        pays = edges.cost[edge] + state.price[edges.other[edge]]
        if pays < second:
            if pays < best:
                second = min(best, second)
                best, at = pays, edge
            else:
                second = pays
    return best, second, at


@compiled
def part_from_dear(edges: Edges, rules: Rules, state: State, step: int, queue: Shorts) -> int:
    """Parts pairs that are more than `step` above the ticket's best; returns who must bid."""
    count = 0
    for ticket in range(len(state.slot_of)):
        best, second, _ = best_two(edges, rules, state, ticket)
        least = min(best, second)
        slot = state.slot_of[ticket]
        if slot >= 0 and state.value[ticket] > least + step:
            state.ticket_of[slot] = -1
            state.slot_of[ticket] = -1
            slot = -1
        if slot < 0 and not (rules.optional[ticket] and least >= 0):
            queue[count] = ticket
            count += 1
        elif slot < 0:
            state.value[ticket] = 0
    return count


@compiled
def _tickets_bid(
    edges: Edges, rules: Rules, state: State, step: int, queue: Shorts, waiting: int
) -> None:
    """Every ticket in the queue takes its best slot, from whoever has it."""
    head, size = 0, len(queue)
    while waiting > 0:
        ticket = queue[head]
        head = head + 1 if head + 1 < size else 0
        waiting -= 1
        best, second, at = best_two(edges, rules, state, ticket)
        if at < 0 or (rules.optional[ticket] and best >= 0):
            state.value[ticket] = 0
            continue
        slot = edges.other[at]
        state.price[slot] += min(second - best, _JUMP) + step
        state.value[ticket] = edges.cost[at] + state.price[slot]
        ousted = state.ticket_of[slot]
        state.ticket_of[slot] = ticket
        state.slot_of[ticket] = slot
        if ousted >= 0:
            state.slot_of[ousted] = -1
            end = head + waiting
            queue[end if end < size else end - size] = ousted
            waiting += 1


@compiled
def _slots_bid(back: Edges, rules: Rules, state: State, step: int, queue: Shorts) -> None:
    """Every idle slot that must be taken, or has a price, finds a ticket or becomes free."""
    head, waiting, size = 0, 0, len(queue)
    for slot in range(len(state.ticket_of)):
        if _is_open(rules, state, slot) and back.first[slot] < back.first[slot + 1]:
            queue[waiting] = slot
            waiting += 1
    while waiting > 0:
        slot = queue[head]
        head = head + 1 if head + 1 < size else 0
        waiting -= 1
        left = _offer(back, rules, state, step, slot)
        if left >= 0 and _is_open(rules, state, left):
            end = head + waiting
            queue[end if end < size else end - size] = left
            waiting += 1


@compiled
def _is_open(rules: Rules, state: State, slot: int) -> bool:
    """A slot nobody has, although it must be taken or still has a price."""
    return bool(state.ticket_of[slot] < 0 and (rules.forced[slot] or state.price[slot] > 0))


@compiled
def _offer(back: Edges, rules: Rules, state: State, step: int, slot: int) -> int:
    """An idle slot lowers its price until a ticket takes it; returns the slot that one left."""
    gain, second, at = _best_two_tickets(back, state, slot)
    forced = rules.forced[slot]
    if not forced and gain <= step:
        state.price[slot] = 0
        return -1
    price = max(second, gain - _JUMP) - step
    if not forced:
        price = max(price, 0)
    state.price[slot] = min(price, state.price[slot])
    ticket = back.other[at]
    left = state.slot_of[ticket]
    if left >= 0:
        state.ticket_of[left] = -1
    state.slot_of[ticket] = slot
    state.ticket_of[slot] = ticket
    state.value[ticket] = back.cost[at] + state.price[slot]
    return int(left)


@compiled
def _best_two_tickets(back: Edges, state: State, slot: int) -> tuple[int, int, int]:
    """The highest price that a ticket would pay for a slot, the next one's, and the edge."""
    best, second, at = -FAR, -FAR, -1
    for edge in range(back.first[slot], back.first[slot + 1]):
        gain = state.value[back.other[edge]] - back.cost[edge]
        if gain > second:
            if gain > best:
                best, second, at = gain, best, edge
            else:
                second = gain
    return best, second, at
