"""Finding an expert and an arrival window for each ticket, all at once, without a clash."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from orchestration.local.demo.clocks import DAY, HOUR, WINDOW_HOURS, WINDOWS_A_DAY
from orchestration.local.demo.draws import Flags, Floats, Ints
from orchestration.local.demo.experts import FREE
from orchestration.local.demo.places import ROAD_FACTOR, haversine_km
from orchestration.local.demo.setting import Setting

AHEAD: Final = 10 * WINDOWS_A_DAY
"""How many slots ahead a visit is looked for: ten days."""
COMPARED: Final = 4
"""How many of the nearest experts are compared for the earliest slot."""
RANK_SLOTS: Final = 3
"""A farther expert must be this many slots earlier to be preferred."""
ROUNDS: Final = 40
NEIGHBOUR_KM: Final = 25.0
"""How far by road the other visit of the same half day may be."""
NOBODY: Final = -1


@dataclass
class Diary:
    """All experts' slots, changed by every booking: FREE, OFF, or the place of a visit."""

    setting: Setting
    slots: NDArray[np.int16]

    def book(self, place: Ints, experts: NDArray[np.int32], earliest: Ints) -> tuple[Ints, Ints]:
        """An expert and a slot for each visit, NOBODY where none was free.

        `experts` has a row a visit: the eligible ones in order of preference, -1 for none. The
        farther ones are asked when the nearer ones are full.
        """
        expert = np.full(len(place), NOBODY, dtype=np.int64)
        slot = np.full(len(place), NOBODY, dtype=np.int64)
        for first in range(0, experts.shape[1], COMPARED):
            left = np.flatnonzero(expert == NOBODY)
            if not len(left):
                break
            options = experts[left, first : first + COMPARED].astype(np.int64)
            expert[left], slot[left] = self._book(place[left], options, earliest[left])
        return expert, slot

    def _book(self, place: Ints, options: Ints, earliest: Ints) -> tuple[Ints, Ints]:
        """Visits that want the same half day of an expert are served in turn, one a round."""
        expert = np.full(len(place), NOBODY, dtype=np.int64)
        slot = np.full(len(place), NOBODY, dtype=np.int64)
        start = np.repeat(earliest[:, None], options.shape[1], axis=1)
        left = np.arange(len(place))
        for _ in range(ROUNDS):
            who, when, choice = self._best(options[left], start[left])
            found = who != NOBODY
            left, who, when, choice = left[found], who[found], when[found], choice[found]
            if not len(left):
                break
            near = self._reachable(place[left], who, when)
            start[left[~near], choice[~near]] = when[~near] + 1
            mine = _first_of_each(who * self.slots.shape[1] + when // 2, near)
            won = left[mine]
            expert[won], slot[won] = who[mine], when[mine]
            self.slots[who[mine], when[mine]] = place[won]
            left = left[~mine]
        return expert, slot

    def is_free(self, expert: Ints, slot: Ints) -> Flags:
        return np.asarray(self.slots[expert, np.minimum(slot, self.slots.shape[1] - 1)] == FREE)

    def take(self, expert: Ints, slot: Ints, place: Ints) -> None:
        self.slots[expert, np.minimum(slot, self.slots.shape[1] - 1)] = place

    def _best(self, options: Ints, start: Ints) -> tuple[Ints, Ints, Ints]:
        """The compared expert with the earliest free slot, with a handicap for the farther ones."""
        span = np.minimum(start[..., None] + np.arange(AHEAD), self.slots.shape[1] - 1)
        free = (self.slots[options[..., None], span] == FREE) & (options[..., None] >= 0)
        offset = free.argmax(axis=2)
        slot = start + offset
        score = np.where(free.any(axis=2), slot + RANK_SLOTS * np.arange(options.shape[1]), 1 << 40)
        choice = score.argmin(axis=1)
        row = np.arange(len(options))
        found = score[row, choice] < 1 << 40
        return np.where(found, options[row, choice], NOBODY), slot[row, choice], choice

    def _reachable(self, place: Ints, expert: Ints, slot: Ints) -> Flags:
        """Whether the other visit of that half day, if there is one, is near enough."""
        other = self.slots[expert, np.minimum(slot ^ 1, self.slots.shape[1] - 1)].astype(np.int64)
        lat, lon = self.setting.places.latitude, self.setting.places.longitude
        km: Floats = haversine_km(lat[place], lon[place], lat[other], lon[other]) * ROAD_FACTOR
        return np.asarray((other < 0) | (km <= NEIGHBOUR_KM))


def first_slot(setting: Setting, zone: Ints, at: Ints) -> Ints:
    """The first slot that begins at `at` or later."""
    local = setting.clocks.local(zone, at)
    window = np.searchsorted(np.array(WINDOW_HOURS) * HOUR, local % DAY)
    return np.asarray(local // DAY * WINDOWS_A_DAY + window)


def _first_of_each(key: Ints, allowed: Flags) -> Flags:
    """True for the first allowed entry of each key."""
    chosen = np.zeros(len(key), dtype=bool)
    where = np.flatnonzero(allowed)
    _, first = np.unique(key[where], return_index=True)
    chosen[where[first]] = True
    return chosen
