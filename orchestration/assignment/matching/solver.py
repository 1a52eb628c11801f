"""From edges to the optimum, its prices and its proof."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.auction import STEPS, bid
from orchestration.assignment.matching.certificate import Certificate, certify, served_by_level
from orchestration.assignment.matching.compiled import Ints, Levels, Shorts
from orchestration.assignment.matching.finish import forget_prices, make_exact, touch_equals
from orchestration.assignment.matching.graph import (
    Edges,
    Pairing,
    Rules,
    State,
    between_equals,
    by_slot,
    fresh,
    take_out,
)
from orchestration.assignment.matching.levels import Fullness, grow, rules_of
from orchestration.assignment.matching.prices import raise_to_highest
from orchestration.assignment.watch import Watch


class Warm(NamedTuple):
    """An earlier optimum over nearly the same edges, in today's numbers (-1: no slot)."""

    slot_of: Shorts
    price: Ints


@dataclass
class Draft:
    """An optimum that is not proven yet; `seconds` by phase.

    `usable` are at least the edges between equals, and `back` the same by slot.
    """

    edges: Edges
    usable: Edges
    back: Edges
    level: Levels
    levels: int
    full: Fullness
    rules: Rules
    state: State
    seconds: dict[str, float]

    @property
    def warm(self) -> Warm:
        return Warm(self.state.slot_of, self.state.price)


@dataclass(frozen=True)
class Optimum:
    """A proven draft; `served` counts tickets by level.

    Prices and values of `state` are the highest dual prices; `irreplaceable` slots are those
    without which fewer tickets could be served.
    """

    state: State
    irreplaceable: Ints
    full: Fullness
    rules: Rules
    certificate: Certificate
    served: list[int]
    seconds: dict[str, float]


def draft(edges: Edges, level: Levels, slots: int, levels: int, warm: Warm | None = None) -> Draft:
    """The optimum over these edges; `level` of each ticket is from 0 (first) to `levels` - 1."""
    watch, tickets = Watch(), len(level)
    state = fresh(tickets, slots)
    wanted = np.full(tickets, -1, np.int32) if warm is None else warm.slot_of
    full = grow(edges, level, levels, wanted, Pairing(state.slot_of, state.ticket_of))
    watch.lap("levels")
    rules = rules_of(full, level, levels)
    usable = edges if warm else between_equals(edges, full.ticket, full.slot)
    back = by_slot(usable, slots)
    watch.lap("edges")
    if warm is None:
        state = fresh(tickets, slots)
        bid(usable, back, rules, state, STEPS)
    else:
        state.price[:] = warm.price
    watch.lap("auction")
    forget_prices(back, full, rules, state, np.ones(slots, np.bool_))
    make_exact(usable, back, full, rules, state, np.ones(tickets, np.bool_))
    watch.lap("finish")
    return Draft(edges, usable, back, level, levels, full, rules, state, watch.seconds)


def again(found: Draft, tickets: Ints, slots: Ints) -> None:
    """Makes of a draft the optimum without some edges, which takes as long as they change."""
    watch, edges, before, was = Watch(), found.edges, found.state, found.full
    if found.usable is not edges:
        # From here on levels may change, so the edges between others are needed as well.
        found.usable = found.back = edges  # neither is kept beside what takes its place
        found.back = by_slot(edges, len(before.price))
    watch.lap("edges")
    take_out(edges, tickets, slots)
    take_out(found.back, slots, tickets)
    pairing = Pairing(*fresh(len(found.level), len(before.price))[2:])
    full = grow(edges, found.level, found.levels, before.slot_of, pairing)
    watch.lap("levels")
    rules, state = rules_of(full, found.level, found.levels), before._replace(**pairing._asdict())
    moved = np.asarray(full.slot != was.slot)
    touched = np.asarray((full.ticket != was.ticket) | (state.slot_of != before.slot_of))
    touched[tickets] = True
    touch_equals(found.back, full, moved, touched)
    moved[slots] = True
    forget_prices(found.back, full, rules, state, moved)
    make_exact(edges, found.back, full, rules, state, touched)
    watch.lap("finish")
    found.full, found.rules, found.state, found.seconds = full, rules, state, watch.seconds


def prove(found: Draft) -> Optimum:
    """Gives the prices their meaning and checks every condition of the optimum."""
    watch = Watch()
    endless = raise_to_highest(found.usable, found.back, found.full, found.rules, found.state)
    watch.lap("prices")
    proof = certify(found.edges, found.level, found.full, found.rules, found.state, found.levels)
    watch.lap("certificate")
    return Optimum(
        state=found.state,
        irreplaceable=endless,
        full=found.full,
        rules=found.rules,
        certificate=proof,
        served=served_by_level(found.level, found.state, found.levels),
        seconds=watch.seconds,
    )
