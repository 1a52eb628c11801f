"""Ids and random numbers of the demo world."""

from uuid import UUID

import numpy as np

from orchestration.local.demo.draws import between, draws, letters, pick, shares, uuid7

MOMENTS = np.array([1_700_000_000_123_456, 1_700_000_000_123_999, 1_795_000_000_000_000])


def ids(seed: int = 1) -> list[UUID]:
    return [UUID(bytes=row.tobytes()) for row in uuid7(MOMENTS, draws(seed, "test"))]


def test_an_id_is_a_uuid_of_version_7() -> None:
    assert {(one.version, one.variant) for one in ids()} == {(7, "specified in RFC 4122")}


def test_an_id_begins_with_its_moment() -> None:
    milliseconds = [one.int >> 80 for one in ids()]
    assert milliseconds == [1_700_000_000_123, 1_700_000_000_123, 1_795_000_000_000]


def test_ids_of_one_millisecond_are_ordered_by_the_microseconds() -> None:
    first, second, _ = ids()
    assert first < second


def test_the_same_seed_gives_the_same_ids_and_another_one_others() -> None:
    assert ids(1) == ids(1)
    assert not set(ids(1)) & set(ids(2))


def test_the_parts_of_a_world_do_not_disturb_one_another() -> None:
    alone = draws(1, "experts").random(3)
    draws(1, "customers").random(1_000)
    assert (draws(1, "experts").random(3) == alone).all()


def test_ids_are_written_as_python_writes_them() -> None:
    rows = uuid7(MOMENTS, draws(1, "test"))
    assert [row.tobytes().decode() for row in letters(rows)] == [str(one) for one in ids()]


def test_shares_sum_to_the_whole_and_follow_their_weights() -> None:
    parts = shares(10, np.array([1.0, 1.0, 1.0, 7.0]))
    assert parts.sum() == 10
    assert parts.tolist() == [1, 1, 1, 7]
    assert shares(1, np.array([0.3, 0.7])).tolist() == [0, 1]


def test_nothing_without_weight_is_picked() -> None:
    picked = pick(draws(1, "test"), np.array([0.0, 2.0, 0.0, 1.0]), 1_000)
    assert set(picked.tolist()) == {1, 3}


def test_between_is_the_lower_bound_where_there_is_nothing_between() -> None:
    low, high = np.array([5, 5, 5]), np.array([6, 5, 2])
    assert between(draws(1, "test"), low, high, 3).tolist() == [5, 5, 5]
