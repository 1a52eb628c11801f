"""The input of one run as one sparse assignment problem: tickets and windows of experts.

Slot `expert * windows + window` is one expert's arrival window: it takes one visit. An expert
who takes fewer visits a day than windows are free gets a blocker for each window too many: a
ticket that comes before all others and has one of that day's windows, any of them, at no cost.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from api.sysops.assignment.policy import Policy
from orchestration.assignment import costs
from orchestration.assignment.calendar import moment
from orchestration.assignment.candidates import (
    RULES,
    Pairs,
    count_removed,
    nearest,
    pairs_of_each_type,
)
from orchestration.assignment.columns import Columns, Floats, columns
from orchestration.assignment.costs import Setting, setting_of
from orchestration.assignment.matching.compiled import Ints, Levels, Shorts, compiled
from orchestration.assignment.matching.graph import Edges, room_for
from orchestration.assignment.policy import PRIORITY_LEVELS, WINDOWS_A_DAY, weights_of
from orchestration.assignment.snapshot import Snapshot

KEPT_PAIRS = 3_000_000
"""How many pairs that are left out are kept in memory (24 bytes each), to be priced afterwards;
more than that are found again."""
LEVELS = len(PRIORITY_LEVELS) + 1
"""Blockers come first; then the priorities."""


@dataclass
class Problem:
    """Pairs that are considered (sorted by ticket and expert) and the edges that they make.

    `removed` (tickets x RULES) counts the experts that each hard rule took out, `candidates`
    those that none did. `left_out` is how many pairs are not considered because nearer experts
    are, and `others` these pairs by type, or None when they are too many to keep. Edges and
    `level` go on after the tickets with the blockers.
    """

    columns: Columns
    setting: Setting
    policy: Policy
    pairs: Pairs
    removed: Ints
    candidates: Ints
    left_out: int
    others: list[Pairs] | None
    blockers: "Blockers"
    level: Levels
    edges: Edges

    @property
    def tickets(self) -> int:
        return len(self.columns.ticket_ids)

    @property
    def windows(self) -> int:
        return self.columns.calendar.windows

    @property
    def slots(self) -> int:
        return len(self.columns.expert_ids) * self.windows

    def start(self, slot: int) -> datetime:
        expert, window = divmod(int(slot), self.windows)
        zone = self.columns.experts.zone[expert]
        return moment(self.columns.calendar.start[zone, window])

    def end(self, slot: int) -> datetime:
        expert, window = divmod(int(slot), self.windows)
        zone = self.columns.experts.zone[expert]
        return moment(self.columns.calendar.end[zone, window])

    def removed_of(self, ticket: int) -> dict[str, int]:
        """What each rule took out for a ticket, in the order of the rules; zeros left away."""
        counts = self.removed[ticket]
        return {rule: int(count) for rule, count in zip(RULES, counts, strict=True) if count}

    def terms_of(self, tickets: Ints, slots: Ints, km: Floats) -> Ints:
        """The cost terms of some edges (rows x TERMS)."""
        experts, windows = np.divmod(slots, max(self.windows, 1))
        return costs.terms(self.setting, np.ascontiguousarray(tickets), experts, km, windows)

    def road_km_of(self, tickets: Ints, slots: Ints, km: Floats) -> Floats:
        """The way by road of pairs that are considered."""
        experts = slots // max(self.windows, 1)
        return costs.road_kms(self.setting, np.ascontiguousarray(tickets), experts, km)

    def km_of(self, tickets: Ints, slots: Ints) -> Floats:
        """The way (great circle) of pairs that are considered."""
        wanted = self.codes(tickets, slots // max(self.windows, 1))
        have = self.codes(self.pairs.ticket, self.pairs.expert)
        return self.pairs.km[np.searchsorted(have, wanted)]

    def codes(self, tickets: Ints | Shorts, experts: Ints | Shorts) -> Ints:
        """Pairs as one number each, which grow as pairs are sorted."""
        return np.asarray(tickets.astype(np.int64) * len(self.columns.expert_ids) + experts)


@dataclass(frozen=True)
class Blockers:
    """A blocker has one of the `windows` (bits) of an expert."""

    expert: Shorts
    windows: Ints


def build(snapshot: Snapshot, policy: Policy) -> Problem:
    """All pairs that break no hard rule, up to the policy's number of nearest experts a ticket."""
    numbered = columns(snapshot, policy)
    setting = setting_of(numbered, weights_of(policy), int(snapshot.as_of.timestamp()))
    count = len(numbered.ticket_ids)
    removed, candidates = np.zeros((count, len(RULES)), np.int64), np.zeros(count, np.int64)
    parts, left_out, others = [], 0, list[Pairs]()
    for kind, pairs in pairs_of_each_type(numbered):
        count_removed(numbered, kind, pairs, removed)
        open_ones = pairs.where(pairs.windows != 0)
        candidates += np.bincount(open_ones.ticket, minlength=count)
        near = nearest(open_ones, policy.nearest_experts)
        left_out += int((~near).sum())
        if left_out <= KEPT_PAIRS:
            others.append(open_ones.where(~near))
        parts.append(open_ones.where(near))
    blockers = _blockers(numbered)
    level = np.concatenate(
        [numbered.tickets.level + 1, np.zeros(len(blockers.expert), np.int8)]
    ).astype(np.int8)
    pairs = merged(parts)
    return Problem(
        columns=numbered,
        setting=setting,
        policy=policy,
        pairs=pairs,
        removed=removed,
        candidates=candidates,
        left_out=left_out,
        others=others if left_out <= KEPT_PAIRS else None,
        blockers=blockers,
        level=level,
        edges=edges_of(setting, count, pairs, blockers),
    )


def merged(parts: list[Pairs]) -> Pairs:
    """Pairs of several types, sorted by ticket and expert."""
    if not parts:
        none = np.empty(0, np.int32)
        return Pairs(none, none, np.empty(0, np.float64), np.empty(0, np.int64))
    whole = Pairs(*(np.concatenate(it) for it in zip(*parts, strict=True)))
    return whole.where(np.lexsort((whole.expert, whole.ticket)))


def edges_of(
    setting: Setting, tickets: int, pairs: Pairs, blockers: Blockers | None = None
) -> Edges:
    """The edges of some pairs, sorted by ticket and expert, and of blockers after them."""
    blockers = blockers or Blockers(np.empty(0, np.int32), np.empty(0, np.int64))
    rows = tickets + len(blockers.expert)
    owner = np.concatenate([pairs.ticket, np.arange(tickets, rows, dtype=np.int32)])
    many = np.bitwise_count(np.concatenate([pairs.windows, blockers.windows]))
    counts = np.bincount(owner, weights=many, minlength=rows).astype(np.int64)
    edges = room_for(counts)
    _fill(setting, pairs, blockers.expert, blockers.windows, edges.other, edges.cost)
    return edges


def _blockers(numbered: Columns) -> Blockers:
    experts, table = numbered.experts, numbered.calendar
    free = (experts.free[:, None] >> np.arange(table.windows)) & 1
    by_day = free.reshape(len(experts.free), table.days, WINDOWS_A_DAY)
    over = np.maximum(by_day.sum(axis=2) - experts.room, 0)
    expert, day = np.nonzero(over)
    many = over[expert, day]
    whole_day = (1 << WINDOWS_A_DAY) - 1
    windows = experts.free[expert] & np.left_shift(np.int64(whole_day), day * WINDOWS_A_DAY)
    return Blockers(np.repeat(expert, many).astype(np.int32), np.repeat(windows, many))


@compiled
def _fill(
    setting: Setting,
    pairs: Pairs,
    blocked: Shorts,
    blocked_windows: Ints,
    other: Shorts,
    cost: Shorts,
) -> None:
    width, count = setting.start.shape[1], 0
    for row in range(len(pairs.ticket)):
        ticket, expert = pairs.ticket[row], pairs.expert[row]
        pair = costs.of_pair(setting, ticket, expert, pairs.km[row])
        for window in range(width):
            if (pairs.windows[row] >> window) & 1:
                other[count] = expert * width + window
                cost[count] = costs.of_edge(
                    setting, ticket, pair, costs.of_window(setting, ticket, expert, window)
                )
                count += 1
    for row in range(len(blocked)):
        for window in range(width):
            if (blocked_windows[row] >> window) & 1:
                other[count] = blocked[row] * width + window
                cost[count] = 0
                count += 1
