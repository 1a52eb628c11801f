"""Killed anywhere while charging, and started again: nobody is charged twice, nobody is missed."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import ChargeOutcome, ChargeRequest
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.faults import Countdown, Killed, killed_at
from tests.orchestration.billing.test_charging import (
    CUT_AFTER_CHARGE,
    DECLINED,
    TOTAL,
    invoice,
    owing,
)
from tests.orchestration.billing.world import World

GOOD = "4242424242424242"


class Watched:
    """The real provider, with a point where the process may die before and after each call."""

    def __init__(self, provider: HttpPayments, countdown: Countdown) -> None:
        self._provider = provider
        self._countdown = countdown

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self._countdown.pass_point()
        outcome = await self._provider.charge(request)
        self._countdown.pass_point()
        return outcome

    async def find(self, *asked: Any) -> ChargeOutcome | None:
        self._countdown.pass_point()
        outcome = await self._provider.find(*asked)
        self._countdown.pass_point()
        return outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def charge_until_killed(world: World, provider: HttpPayments, point: int) -> bool:
    with killed_at(point) as countdown, suppress(Killed, BaseExceptionGroup):
        await world.charge(Watched(provider, countdown))
    return countdown.killed


async def settle(world: World, provider: HttpPayments) -> None:
    """Start the step again until nothing is open, as the schedule does."""
    for _ in range(3):
        await world.follow_up(provider, days=0.01)


@pytest.mark.parametrize("point", range(1, 62, 3))
async def test_killed_at_any_point_nothing_is_charged_twice_and_nothing_is_missed(
    world: World, provider: HttpPayments, point: int
) -> None:
    contracts = await owing(world, GOOD, CUT_AFTER_CHARGE, DECLINED, None)
    await charge_until_killed(world, provider, point)
    await settle(world, provider)
    assert [invoice(world, it)[0] for it in contracts] == ["paid", "paid", "declined", "declined"]
    booked = world.rows("SELECT idempotency_key FROM payment WHERE status = 'approved'")
    assert sorted(booked) == sorted((it.idempotency_key,) for it in await charges(provider))
    per_invoice = Counter(it.reference for it in await charges(provider))
    assert sorted(per_invoice.values()) == [1, 1]
    assert world.balance() == {
        "cash": 2 * TOTAL,
        "receivable": 2 * TOTAL,
        "revenue": -4 * 1999,
        "tax": -4 * 80,
    }
    assert (
        world.rows("SELECT posting_id FROM ledger_entry GROUP BY 1 HAVING sum(amount_cents) <> 0")
        == []
    )
    last = {it["number"]: it["status"] for it in world.sent("customer", "invoice_issued")}
    assert Counter(last.values()) == {"paid": 2, "declined": 2}
    assert world.value("SELECT status FROM billing_run WHERE period = '2026-10-01'") == "finished"


async def test_killed_again_and_again_it_still_ends_right(
    world: World, provider: HttpPayments
) -> None:
    contracts = await owing(world, GOOD, CUT_AFTER_CHARGE, GOOD)
    for point in (31, 7, 23, 11, 17, 29, 5):
        await charge_until_killed(world, provider, point)
    await settle(world, provider)
    assert [invoice(world, it)[0] for it in contracts] == ["paid"] * 3
    assert len(await charges(provider)) == 3
    assert world.balance() == {"cash": 3 * TOTAL, "revenue": -3 * 1999, "tax": -3 * 80}
