"""Killed anywhere while charging, and started again: nobody is charged twice, nobody is missed.

One world is walked through all points: each round two more accounts that can pay and two that
cannot are to be charged, the step is killed at the round's point, its successor at the same
point of its own work, and the next one ends what is open. The provider's own books are the judge.
"""

from collections import Counter
from contextlib import suppress
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import ChargeOutcome, ChargeRequest, Unknown
from tests.orchestration.billing.conftest import charges, settings_for
from tests.orchestration.billing.faults import Countdown, Killed, killed_at
from tests.orchestration.billing.reconciled import reconcile
from tests.orchestration.billing.test_charging import (
    CUT_AFTER_CHARGE,
    DECLINED,
    TOTAL,
    invoice,
    owing,
)
from tests.orchestration.billing.world import OCTOBER, World

GOOD = "4242424242424242"
CARDS = (GOOD, CUT_AFTER_CHARGE, DECLINED, None)
ENDS = ["paid", "paid", "declined", "declined"]
ROUNDS = 240
ENOUGH_POINTS = 200


class Trouble(Enum):
    """What the provider does beside what its cards do."""

    NONE = "nothing"
    FAILS = "answers 500 and has done nothing"
    TIMES_OUT = "charges, and is too slow to say so"
    REPEATS = "hears every request twice"


SWEEPS = ((Trouble.NONE, Trouble.TIMES_OUT), (Trouble.FAILS, Trouble.REPEATS))
"""Each goes through all points, with its two troubles in turn."""


class Watched:
    """The real provider in trouble, and the process may die before and after each call."""

    def __init__(
        self, provider: HttpPayments, countdown: Countdown, trouble: Trouble = Trouble.NONE
    ) -> None:
        self._provider, self._countdown, self._trouble = provider, countdown, trouble

    async def charge(self, request: ChargeRequest) -> ChargeOutcome:
        self._countdown.pass_point()
        outcome = await self._charge(request)
        self._countdown.pass_point()
        return outcome

    async def _charge(self, request: ChargeRequest) -> ChargeOutcome:
        if self._trouble is Trouble.FAILS:
            return Unknown("HTTP 500")
        outcome = await self._provider.charge(request)
        if self._trouble is Trouble.REPEATS:
            outcome = await self._provider.charge(request)
        return Unknown("ReadTimeout") if self._trouble is Trouble.TIMES_OUT else outcome

    async def find(self, *asked: Any) -> ChargeOutcome | None:
        self._countdown.pass_point()
        outcome = await self._provider.find(*asked)
        self._countdown.pass_point()
        return outcome

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


def of_this_process(provider: HttpPayments) -> HttpPayments:
    """Its connections die with it: of one that ends amid a request nobody can use the rest."""
    return HttpPayments(settings_for(provider._url.removesuffix("/payments")))


async def charge_until_killed(
    world: World, provider: HttpPayments, point: int, trouble: Trouble = Trouble.NONE
) -> bool:
    with killed_at(point) as countdown, suppress(Killed, BaseExceptionGroup):
        async with of_this_process(provider) as own:
            await world.charge(Watched(own, countdown, trouble))
    return countdown.killed


async def follow_until_killed(world: World, provider: HttpPayments, point: int) -> bool:
    with killed_at(point) as countdown, suppress(Killed, BaseExceptionGroup):
        async with of_this_process(provider) as own:
            await world.follow_up(Watched(own, countdown), days=0.0001)
    return countdown.killed


async def rounds_of_accounts(world: World) -> list[list[UUID]]:
    """Issued invoices for every round; all contracts are held until their round comes."""
    world.plan()
    customers = [uuid4() for _ in CARDS]
    rounds = [[uuid4() for _ in CARDS] for _ in range(ROUNDS)]
    for first, customer, number in zip(rounds[0], customers, CARDS, strict=True):
        first_id = world.contract(starts_on=OCTOBER.first, customer_id=customer)
        world.execute("UPDATE contract SET id = %s WHERE id = %s", first, first_id)
        if number:
            await world.card(first, number)
    world.execute(
        "INSERT INTO contract (id, customer_id, plan_code, status, version, standing, state, zip,"
        " starts_on, updated_at) SELECT made.id, made.customer_id, 'basic', 'active', 1, 'good',"
        " 'NY', '10001', %s, %s FROM unnest(%s::uuid[], %s::uuid[]) AS made (id, customer_id)",
        OCTOBER.first,
        world.now,
        [contract for accounts in rounds[1:] for contract in accounts],
        customers * (ROUNDS - 1),
    )
    invoices = ROUNDS * len(CARDS)
    world.previous_run(invoices, invoices * TOTAL)
    assert (await world.bill()).issued == invoices
    world.execute("UPDATE contract SET held_since = %s", world.now)
    return rounds


async def settle(world: World, provider: HttpPayments) -> None:
    """Start the step again until nothing is open, as the schedule does."""
    await world.follow_up(provider, days=0.0001)
    while world.value("SELECT count(*) FROM payment WHERE status IN ('intent', 'unknown')"):
        await world.follow_up(provider, days=0.0001)


def statuses(world: World, contracts: list[UUID]) -> list[str]:
    rows = world.rows(
        "SELECT contract_id, status FROM invoice WHERE contract_id = ANY(%s)", contracts
    )
    found = dict(rows)
    return [found[contract] for contract in contracts]


async def test_killed_at_any_point_nothing_is_charged_twice_and_nothing_is_missed(
    world: World, provider: HttpPayments
) -> None:
    rounds = await rounds_of_accounts(world)
    killed, done = 0, 0
    for troubles in SWEEPS:
        point = 0
        while True:
            point += 1
            trouble, accounts = troubles[point % 2], rounds[done]
            done += 1
            world.execute("UPDATE contract SET held_since = NULL WHERE id = ANY(%s)", accounts)
            died = [
                await charge_until_killed(world, provider, point, trouble),
                await follow_until_killed(world, provider, point),
            ]
            await settle(world, provider)
            assert statuses(world, accounts) == ENDS, (trouble, point)
            killed += sum(died)
            if not any(died):
                break
    assert killed >= ENOUGH_POINTS
    await judge(world, provider, done)


async def judge(world: World, provider: HttpPayments, rounds: int) -> None:
    """Both sides have one charge for each invoice that could be paid, and the books are right."""
    done = await reconcile(world, provider)
    assert done.differences == []
    assert (done.charges, done.charged_cents) == (2 * rounds, 2 * rounds * TOTAL)
    per_invoice = Counter(it.reference for it in await charges(provider))
    assert set(per_invoice.values()) == {1}
    booked = "SELECT count(*), sum(amount_cents)::bigint FROM payment WHERE status = 'approved'"
    assert world.rows(booked) == [(2 * rounds, 2 * rounds * TOTAL)]
    balance = world.balance()
    assert balance["cash"] == 2 * rounds * TOTAL
    assert sum(balance.values()) == 0
    unequal = "SELECT posting_id FROM ledger_entry GROUP BY 1 HAVING sum(amount_cents) <> 0"
    assert world.rows(unequal) == []
    last = {it["number"]: it["status"] for it in world.sent("customer", "invoice_issued")}
    told = Counter(last.values())
    assert (told["paid"], told["declined"]) == (2 * rounds, 2 * rounds)


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
    assert world.value("SELECT status FROM billing_run WHERE period = '2026-10-01'") == "finished"
