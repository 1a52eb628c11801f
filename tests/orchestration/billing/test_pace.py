"""A provider that limits how often it is asked: it is respected, and nobody else waits for it."""

import asyncio
from itertools import pairwise
from typing import Any

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import ChargeOutcome, ChargeRequest, Unknown
from orchestration.billing.charging import MOST_TRIES
from orchestration.billing.pace import Pace
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import owing
from tests.orchestration.billing.world import World

GOOD = "4242424242424242"
SECONDS = 0.4


class Limiting:
    """The real provider, but it puts the first charges it hears of off."""

    def __init__(self, provider: HttpPayments, keys: int, times: int) -> None:
        self._provider, self._keys, self._times = provider, keys, times
        self.heard: list[str] = []
        self.done: list[str] = []

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        key = request.idempotency_key
        self.heard.append(key)
        limited = list(dict.fromkeys(self.heard))[: self._keys]
        if key in limited and self.heard.count(key) <= self._times:
            return Unknown("HTTP 429", retry_after=SECONDS)
        self.done.append(key)
        return await self._provider.charge(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def test_what_is_put_off_comes_later_and_the_others_do_not_wait(
    world: World, provider: HttpPayments
) -> None:
    """All four slots meet the limit at once, and six others go through meanwhile."""
    await owing(world, *[GOOD] * 10)
    limiting = Limiting(provider, keys=4, times=1)
    progress = await world.charge(limiting)
    assert (progress.approved, progress.unknown) == (10, 0)
    late = limiting.heard[:4]
    assert sorted(limiting.done[-4:]) == sorted(late)
    assert len(await charges(provider)) == 10


async def test_what_is_put_off_again_and_again_is_left_to_the_follow_up(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, GOOD, GOOD)
    progress = await world.charge(Limiting(provider, keys=1, times=MOST_TRIES))
    assert (progress.approved, progress.unknown) == (1, 1)
    assert (await world.follow_up(provider)).approved == 1
    assert len(await charges(provider)) == 2


async def test_turns_come_at_equal_distances_and_are_not_saved_up() -> None:
    pace = Pace(100)
    loop = asyncio.get_running_loop()

    async def take() -> float:
        await pace.turn()
        return loop.time()

    first = await asyncio.gather(*(take() for _ in range(10)))
    await asyncio.sleep(0.05)
    second = await asyncio.gather(*(take() for _ in range(10)))
    for times in (sorted(first), sorted(second)):
        # A turn may come late on a busy machine, never too many in too short a time.
        assert times[-1] - times[0] >= 0.08
        assert all(later >= earlier for earlier, later in pairwise(times))
