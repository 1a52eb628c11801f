"""A queue that gives the nearest first, and in which what was found to be nearer moves up.

A binary heap that knows where everybody stands (Sedgewick, Wayne: Algorithms, 4th edition, section
2.4, index priority queue): nobody is in it twice, so it never holds more than there are.
"""

from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.compiled import Ints, Shorts, compiled


class Queue(NamedTuple):
    """Who waits, as a heap of `size[0]`, and where in it each stands (-1: nowhere)."""

    waiting: Shorts
    place: Shorts
    size: Shorts


@compiled
def queue_of(many: int) -> Queue:
    """An empty queue for numbers below `many`."""
    return Queue(np.empty(many, np.int32), np.full(many, -1, np.int32), np.zeros(1, np.int32))


@compiled
def nearer(queue: Queue, far: Ints, one: int) -> None:
    """`far` of one has become less: it enters the queue, or moves up in it."""
    waiting, place, at = queue.waiting, queue.place, queue.place[one]
    if at < 0:
        at = queue.size[0]
        queue.size[0] += 1
    while at > 0:
        above = (at - 1) >> 1
        other = waiting[above]
        if far[other] <= far[one]:
            break
        waiting[at] = other
        place[other] = at
        at = above
    waiting[at] = one
    place[one] = at


@compiled
def nearest(queue: Queue, far: Ints) -> int:
    """Takes who is nearest out of a queue that is not empty."""
    waiting, place = queue.waiting, queue.place
    first = waiting[0]
    place[first] = -1
    queue.size[0] -= 1
    size = queue.size[0]
    last = waiting[size]
    at, below = 0, 1
    while below < size:
        if below + 1 < size and far[waiting[below + 1]] < far[waiting[below]]:
            below += 1
        other = waiting[below]
        if far[last] <= far[other]:
            break
        waiting[at] = other
        place[other] = at
        at, below = below, 2 * below + 1
    if size > 0:
        waiting[at] = last
        place[last] = at
    return int(first)


@compiled
def empty(queue: Queue) -> None:
    """Nobody waits any more."""
    for at in range(queue.size[0]):
        queue.place[queue.waiting[at]] = -1
    queue.size[0] = 0
