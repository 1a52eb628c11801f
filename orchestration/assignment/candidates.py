"""Who could take which ticket, and when: every hard rule, for all pairs within a radius.

Tickets of a type are swept by latitude: only those in the band that an expert's radius spans are
looked at. What a rule takes out is counted; nothing is left out unseen.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from api.sysops.experts.rules import EARTH_RADIUS_KM
from orchestration.assignment.columns import Columns, Experts, Floats, Tickets
from orchestration.assignment.matching.compiled import Ints, Shorts, compiled
from orchestration.assignment.reach import drivable_windows, km_between

RULES = ("excluded", "skill", "certificate_expired", "radius", "no_free_window")
"""In this order: an expert is counted with the first rule that takes it out."""
EXCLUDED, SKILL, CERTIFICATE, RADIUS, NO_WINDOW = range(len(RULES))


_ROUNDING = 1e-9


class Pairs(NamedTuple):
    """A ticket and an expert in reach of it, the way in kilometres (great circle), and the
    windows in which all hard rules hold, as bits (0: none)."""

    ticket: Shorts
    expert: Shorts
    km: Floats
    windows: Ints

    def where(self, kept: NDArray[np.bool_] | Ints) -> "Pairs":
        return Pairs(self.ticket[kept], self.expert[kept], self.km[kept], self.windows[kept])


def pairs_of_each_type(columns: Columns) -> Iterator[tuple[int, Pairs]]:
    """All pairs within a radius whose expert is certified, type by type, sorted by ticket and
    expert. Excluded experts are not among them."""
    tickets, kinds = columns.tickets, columns.kinds
    for kind in range(len(columns.kinds_of)):
        own = np.flatnonzero(tickets.kind == kind)
        able = np.flatnonzero(kinds.skilled[kind] & _valid_today(columns, kind))
        own = own[np.argsort(tickets.place[own, 2], kind="stable")]
        low, high = _bands(columns.experts, able, tickets.place[own, 2])
        found = _within_radius(
            tickets, columns.experts, Sweep(own, able, low, high), kinds.certified[kind],
            columns.calendar.start, columns.calendar.end,
        )  # fmt: skip
        pairs = Pairs(*found)
        yield kind, pairs.where(np.lexsort((pairs.expert, pairs.ticket)))


def _valid_today(columns: Columns, kind: int) -> NDArray[np.bool_]:
    """Whose certificates for a type hold today, the first of the windows, at least."""
    return np.asarray((columns.kinds.certified[kind] & 1) > 0)


def count_removed(columns: Columns, kind: int, pairs: Pairs, removed: Ints) -> None:
    """Counts in `removed` (tickets x RULES) what each rule takes out for tickets of a type."""
    tickets, kinds = columns.tickets, columns.kinds
    own = np.flatnonzero(tickets.kind == kind)
    skilled = kinds.skilled[kind]
    able = skilled & _valid_today(columns, kind)
    count = len(tickets.level)
    reached = np.bincount(pairs.ticket, minlength=count)[own]
    without = np.bincount(pairs.ticket[pairs.windows == 0], minlength=count)[own]
    removed[own, SKILL] = len(skilled) - skilled.sum()
    removed[own, CERTIFICATE] = skilled.sum() - able.sum()
    removed[own, RADIUS] = able.sum() - reached
    removed[own, NO_WINDOW] = without
    _count_excluded(tickets, columns.experts, own, skilled, able, removed)


@compiled
def _count_excluded(
    tickets: Tickets,
    experts: Experts,
    own: Ints,
    skilled: NDArray[np.bool_],
    able: NDArray[np.bool_],
    removed: Ints,
) -> None:
    """Who is excluded is not counted with a later rule; those in reach are no pairs already."""
    for ticket in own:
        for row in range(tickets.first_excluded[ticket], tickets.first_excluded[ticket + 1]):
            expert = tickets.excluded[row]
            removed[ticket, EXCLUDED] += 1
            if not skilled[expert]:
                removed[ticket, SKILL] -= 1
            elif not able[expert]:
                removed[ticket, CERTIFICATE] -= 1
            else:
                removed[ticket, RADIUS] -= 1


class Sweep(NamedTuple):
    """Tickets `own` by their third coordinate; each expert of `able` looks at those from `low` up
    to before `high`."""

    own: Ints
    able: Ints
    low: Ints
    high: Ints


def _bands(experts: Experts, able: Ints, north: Floats) -> tuple[Ints, Ints]:
    """Which of the tickets, sorted by their third coordinate `north`, can be within an expert's
    radius by latitude alone: from, and up to before."""
    phi = np.arcsin(np.clip(experts.place[able, 2], -1, 1))
    reach = experts.radius_km[able] / EARTH_RADIUS_KM
    low = np.searchsorted(north, np.sin(np.maximum(phi - reach, -np.pi / 2)) - _ROUNDING, "left")
    high = np.searchsorted(north, np.sin(np.minimum(phi + reach, np.pi / 2)) + _ROUNDING, "right")
    return low, high


@compiled
def _within_radius(
    tickets: Tickets,
    experts: Experts,
    sweep: Sweep,
    certified: Ints,
    start: Ints,
    end: Ints,
) -> tuple[Shorts, Shorts, Floats, Ints]:
    """The pairs of a sweep whose ticket lies in the expert's radius."""
    own, able, low, high = sweep
    size, count = 0, 0
    for at in range(len(able)):
        size += high[at] - low[at]
    ticket_of, expert_of = np.empty(size, np.int32), np.empty(size, np.int32)
    km, windows = np.empty(size, np.float64), np.empty(size, np.int64)
    for at in range(len(able)):
        expert = able[at]
        for place in range(low[at], high[at]):
            ticket = own[place]
            away = km_between(tickets.place, ticket, experts.place, expert)
            if away > experts.radius_km[expert] or _is_excluded(tickets, ticket, expert):
                continue
            ticket_of[count], expert_of[count], km[count] = ticket, expert, away
            windows[count] = _windows(
                tickets, experts, ticket, expert, certified[expert], start, end
            )
            count += 1
    return ticket_of[:count], expert_of[:count], km[:count], windows[:count]


@compiled
def _is_excluded(tickets: Tickets, ticket: int, expert: int) -> bool:
    for row in range(tickets.first_excluded[ticket], tickets.first_excluded[ticket + 1]):
        if tickets.excluded[row] == expert:
            return True
    return False


@compiled
def _windows(
    tickets: Tickets,
    experts: Experts,
    ticket: int,
    expert: int,
    certified: int,
    start: Ints,
    end: Ints,
) -> int:
    """The windows in which an expert in reach can be sent, as bits."""
    windows = experts.free[expert] & certified
    if windows:
        windows = _suitable(tickets, ticket, windows, start, end, experts.zone[expert])
    if windows and experts.first_visit[expert] < experts.first_visit[expert + 1]:
        windows = drivable_windows(tickets, experts, ticket, expert, windows, start, end)
    return int(windows)


@compiled
def _suitable(
    tickets: Tickets, ticket: int, windows: int, start: Ints, end: Ints, zone: int
) -> int:
    """Of some windows those that suit the customer."""
    first, last = tickets.first_preferred[ticket], tickets.first_preferred[ticket + 1]
    earliest = tickets.earliest[ticket]
    if first == last and earliest <= start[zone, 0]:
        return windows
    kept = 0
    for window in range(start.shape[1]):
        begins, ends = start[zone, window], end[zone, window]
        if not (windows >> window) & 1 or begins < earliest:
            continue
        fits = first == last
        for row in range(first, last):
            fits |= tickets.since[row] <= begins and ends <= tickets.until[row]
        if fits:
            kept |= 1 << window
    return kept


def nearest(pairs: Pairs, most: int) -> NDArray[np.bool_]:
    """Of pairs sorted by ticket, those whose expert is one of the ticket's `most` nearest."""
    order = np.lexsort((pairs.expert, pairs.km, pairs.ticket))
    first = np.searchsorted(pairs.ticket, pairs.ticket[order])
    kept = np.empty(len(order), np.bool_)
    kept[order] = np.arange(len(order)) - first < most
    return kept
