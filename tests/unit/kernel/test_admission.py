"""A queue that stands is cut short, one that is a burst is waited for, and no place is lost."""

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.admission import HASTE_SECONDS, PATIENCE_SECONDS, Queue
from api.kernel.errors import Unavailable


async def test_who_finds_a_place_waits_for_nothing_and_the_next_gets_it_when_it_is_free() -> None:
    queue = Queue(1)
    async with queue.place() as leave:
        second = asyncio.create_task(_pass(queue))
        await asyncio.sleep(0)
        assert not second.done()
        leave()
        leave()  # given up once, however often
        assert await second


async def test_who_waits_in_vain_is_refused_with_the_time_to_come_again() -> None:
    queue = Queue(1)
    async with queue.place():
        with pytest.raises(Unavailable) as refused:
            await _pass(queue)
    assert refused.value.retry_after > 0
    assert await _pass(queue)


async def test_a_queue_that_stands_is_waited_in_for_a_moment_only() -> None:
    queue = Queue(1)
    assert queue.patience(time.monotonic()) == PATIENCE_SECONDS
    async with queue.place():
        waiting = asyncio.create_task(_pass(queue))
        await asyncio.sleep(0)
        assert queue.patience(time.monotonic()) == PATIENCE_SECONDS
        assert queue.patience(time.monotonic() + 2 * PATIENCE_SECONDS) == HASTE_SECONDS
    assert await waiting
    # Empty again: what comes next may be a burst.
    assert queue.patience(time.monotonic() + 2 * PATIENCE_SECONDS) == PATIENCE_SECONDS


async def test_who_gives_up_as_another_leaves_is_passed_over() -> None:
    queue = Queue(1)
    async with queue.place() as leave:
        hasty, patient = (asyncio.create_task(_pass(queue)) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        leave()
        with pytest.raises(asyncio.CancelledError):
            await hasty
        assert await patient


@given(
    places=st.integers(1, 3),
    works=st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=25),
)
def test_never_more_than_its_places_are_in_work_and_all_are_free_at_the_end(
    places: int, works: list[tuple[int, bool, bool]]
) -> None:
    asyncio.run(_played(places, works))


async def _played(places: int, works: list[tuple[int, bool, bool]]) -> None:
    """Each work takes some turns of the loop, and may fail, or be cancelled on its way."""
    queue, in_work = Queue(places), 0

    async def work(turns: int, *, fails: bool) -> None:
        nonlocal in_work
        async with queue.place():
            in_work += 1
            try:
                assert in_work <= places
                for _ in range(turns):
                    await asyncio.sleep(0)
                if fails:
                    raise RuntimeError
            finally:
                in_work -= 1

    tasks: list[asyncio.Task[None]] = []
    for turns, fails, goes in works:
        tasks.append(asyncio.create_task(work(turns, fails=fails)))
        await asyncio.sleep(0)
        if goes:
            tasks[len(tasks) // 2].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert not [one for one in done if isinstance(one, AssertionError)]
    async with asyncio.timeout(60):
        assert all([await _pass(queue) for _ in range(places + 1)])
    assert (queue._in_work, len(queue._waiting)) == (0, 0)


async def _pass(queue: Queue) -> bool:
    async with queue.place():
        return True
