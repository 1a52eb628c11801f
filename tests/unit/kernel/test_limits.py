"""Who asks too often waits, and nobody else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.kernel.limits import Limiter, Limits
from api.kernel.settings import ServiceSettings


def test_a_burst_is_let_in_and_what_follows_keeps_the_pace() -> None:
    limiter = Limiter(per_minute=60, burst=3)
    assert [limiter.wait("ada", 100.0) for _ in range(4)] == [0, 0, 0, pytest.approx(1.0)]
    assert limiter.wait("ada", 100.5) == pytest.approx(0.5)
    assert [limiter.wait("ada", 101.0), limiter.wait("ada", 101.0)] == [0, pytest.approx(1.0)]


def test_callers_have_nothing_to_do_with_one_another() -> None:
    limiter = Limiter(per_minute=60, burst=1)
    assert limiter.wait("ada", 0.0) == limiter.wait("bob", 0.0) == 0
    assert limiter.wait("ada", 0.0) > 0


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_together_let_in_no_more_than_the_limit(workers: int) -> None:
    settings = ServiceSettings(database_url=SecretStr(""), port=0, workers=workers)
    limits = [Limits.of(settings) for _ in range(workers)]
    people = [one.people for one in limits if one.people]
    assert sum(one.per_minute for one in people) == settings.requests_per_minute
    assert sum(one.burst for one in people) == settings.requests_per_minute // 4


def test_where_there_is_no_limit_no_worker_has_one() -> None:
    settings = ServiceSettings(database_url=SecretStr(""), port=0, workers=2, requests_per_minute=0)
    assert Limits.of(settings).people is None


def test_those_who_are_quiet_take_no_memory() -> None:
    limiter = Limiter(per_minute=60, burst=1)
    for number in range(1_000):
        limiter.wait(str(number), 0.0)
    limiter.wait("ada", 61.0)
    assert limiter._free_at.keys() == {"ada"}


@given(
    per_minute=st.integers(1, 600),
    burst=st.integers(1, 50),
    gaps=st.lists(st.floats(0, 20), max_size=60),
)
def test_whatever_the_pattern_the_rate_is_kept_and_whoever_waits_is_let_in(
    per_minute: int, burst: int, gaps: list[float]
) -> None:
    limiter, now, let_in = Limiter(per_minute, burst), 0.0, 0
    for gap in gaps:
        now += gap
        wait = limiter.wait("ada", now)
        let_in += wait == 0
        assert let_in <= burst + now * per_minute / 60 + 1e-3
        if wait:
            now += wait
            assert limiter.wait("ada", now) == 0
            let_in += 1
