"""From edges to the optimum, its prices and its proof."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from orchestration.assignment.matching.auction import STEPS, bid
from orchestration.assignment.matching.certificate import Certificate, certify, served_by_level
from orchestration.assignment.matching.compiled import Ints, Levels, Shorts
from orchestration.assignment.matching.finish import make_exact
from orchestration.assignment.matching.graph import (
    Edges,
    Pairing,
    Rules,
    State,
    between_equals,
    fresh,
)
from orchestration.assignment.matching.levels import Fullness, grow, optional_tickets
from orchestration.assignment.matching.prices import raise_to_highest
from orchestration.assignment.watch import Watch


class Warm(NamedTuple):
    """An earlier optimum over nearly the same edges, in today's numbers (-1: no slot)."""

    slot_of: Shorts
    price: Ints


@dataclass(frozen=True)
class Draft:
    """An optimum that is not proven yet; `seconds` by phase."""

    edges: Edges
    level: Levels
    levels: int
    full: Fullness
    rules: Rules
    usable: Edges
    back: Edges
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
    rules = Rules(optional_tickets(full, level), np.asarray(full.slot < levels))
    usable, back = between_equals(edges, full.ticket, full.slot)
    watch.lap("edges")
    if warm is None:
        state = fresh(tickets, slots)
        bid(usable, back, rules, state, STEPS)
    else:
        state.price[:] = warm.price
    watch.lap("auction")
    make_exact(usable, back, rules, state)
    watch.lap("finish")
    return Draft(
        edges,
        level,
        levels,
        full,
        rules,
        usable,
        back,
        state,
        watch.seconds,
    )


def prove(found: Draft) -> Optimum:
    """Gives the prices their meaning and checks every condition of the optimum."""
    watch = Watch()
    endless = raise_to_highest(found.usable, found.back, found.rules, found.state)
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
