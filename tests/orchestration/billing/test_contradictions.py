"""A provider that tells of another charge or refund than the one asked about: nothing is booked."""

from typing import Any

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import Unknown
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import CUT_AFTER_CHARGE, owing
from tests.orchestration.billing.test_refunds import Odd, give_back, intend
from tests.orchestration.billing.world import World

OTHER = Unknown("ch_9 is another charge than the one asked about", contradicts=True)


class Confused:
    """The real provider, but it answers questions with somebody else's charge."""

    def __init__(self, provider: HttpPayments) -> None:
        self._provider = provider

    async def find(self, *_: Any) -> Unknown:
        return OTHER

    async def find_refund(self, *_: Any) -> Unknown:
        return OTHER

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


def alerts(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT kind, status FROM alert ORDER BY created_at, kind")


async def test_another_charge_is_not_booked_but_alerted_until_the_answer_fits(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, CUT_AFTER_CHARGE)
    assert (await world.charge(provider)).unknown == 1
    for _ in range(2):
        assert (await world.follow_up(Confused(provider), days=0.1)).unknown == 1
    assert world.rows("SELECT status FROM payment") == [("unknown",)]
    assert alerts(world) == [("payment_contradicted", "open")]
    assert "ch_9 is another charge" in world.value("SELECT detail FROM alert")
    assert (await world.follow_up(provider)).approved == 1
    assert alerts(world) == [("payment_contradicted", "closed")]
    assert len(await charges(provider)) == 1


async def test_another_refund_is_not_booked_but_alerted_until_the_answer_fits(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, "4242424242424242")
    await world.charge(provider)
    await intend(world, world.value("SELECT id FROM invoice"))
    await give_back(world, Odd(provider, loses=True))
    assert (await give_back(world, Confused(provider))).unknown == 1
    assert alerts(world) == [("refund_contradicted", "open")]
    assert (await give_back(world, provider)).refunded == 1
    assert alerts(world) == [("refund_contradicted", "closed")]
