"""The experts' diary: everybody gets a visit, nobody is in two places."""

import numpy as np

from orchestration.local.demo.booking import AHEAD, NOBODY, Diary, first_slot
from orchestration.local.demo.clocks import HOUR, MINUTE
from orchestration.local.demo.experts import FREE
from tests.unit.demo.support import small_setting

SETTING = small_setting()
DAYS = 30


def diary(experts: int = 1) -> Diary:
    """Everybody is free on all days."""
    return Diary(SETTING, np.full((experts, 4 * DAYS), FREE, dtype=np.int16))


def options(*experts: int, visits: int) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    return np.tile(np.array(experts, dtype=np.int32), (visits, 1))


def test_visits_that_want_the_same_time_get_different_ones() -> None:
    place, earliest = np.zeros(8, dtype=np.int64), np.zeros(8, dtype=np.int64)
    expert, slot = diary().book(place, options(0, -1, -1, visits=8), earliest)
    assert expert.tolist() == [0] * 8
    assert sorted(slot.tolist()) == list(range(8))


def test_a_farther_expert_comes_when_the_near_one_is_full() -> None:
    book = diary(2)
    book.slots[0] = 5
    expert, _ = book.book(np.array([5]), options(0, 1, -1, visits=1), np.array([0]))
    assert expert.tolist() == [1]


def test_nobody_comes_when_all_are_full() -> None:
    book = diary()
    book.slots[:] = 5
    expert, slot = book.book(np.array([5]), options(0, -1, -1, visits=1), np.array([0]))
    assert (expert.tolist(), slot.tolist()) == ([NOBODY], [NOBODY])


def test_a_visit_is_not_looked_for_beyond_ten_days() -> None:
    book = diary()
    book.slots[:, : AHEAD + 4] = 5
    expert, _ = book.book(np.array([5]), options(0, -1, -1, visits=1), np.array([0]))
    assert expert.tolist() == [NOBODY]


def test_the_two_visits_of_a_half_day_are_near_one_another() -> None:
    book = diary()
    far = SETTING.places.of_market(1).start
    book.slots[0, 0] = far
    _, slot = book.book(np.array([0]), options(0, -1, -1, visits=1), np.array([0]))
    assert slot.tolist() == [2]


def test_the_first_slot_is_the_next_window_that_begins() -> None:
    clocks = SETTING.clocks
    at = clocks.utc(0, np.array([5, 5, 5]), np.array([7 * HOUR, 8 * HOUR + MINUTE, 18 * HOUR]))
    assert (first_slot(SETTING, np.zeros(3, dtype=np.int64), at) - 20).tolist() == [0, 1, 4]
