"""A declined invoice is tried again on days 1, 3, 7 and 14; then the contract is suspended."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import ChargeRequest, Unknown
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import DECLINED, invoice, owing
from tests.orchestration.billing.world import World


def dunning(world: World) -> tuple[Any, ...]:
    return world.rows("SELECT status, step FROM dunning")[0]


def told_standing(world: World, target: str) -> list[tuple[str, int]]:
    sent = world.sent(target, "contract_standing")
    return [(it["standing"], it["version"]) for it in sent]


async def declined(world: World, provider: HttpPayments) -> UUID:
    (contract,) = await owing(world, DECLINED)
    await world.charge(provider)
    return contract


async def to_the_end(world: World, provider: HttpPayments) -> None:
    for days in (1, 2, 4, 7):
        await world.follow_up(provider, days=days)


async def test_the_schedule_is_kept_and_ends_in_a_suspension(
    world: World, provider: HttpPayments
) -> None:
    contract = await declined(world, provider)
    start = world.now
    tried = [
        (world.now - start) / timedelta(days=1)
        for _ in range(40)
        if (await world.follow_up(provider, days=0.5)).done
    ]
    assert tried == [1, 3, 7, 14]
    assert dunning(world) == ("exhausted", 4)
    assert world.rows("SELECT attempt, status FROM payment ORDER BY attempt") == [
        (attempt, "declined") for attempt in range(1, 6)
    ]
    assert invoice(world, contract)[0] == "declined"
    assert world.value("SELECT standing FROM contract") == "suspended"
    assert told_standing(world, "customer") == told_standing(world, "sysops") == [("suspended", 1)]
    kinds = world.rows("SELECT kind FROM alert WHERE status = 'open' ORDER BY kind")
    assert kinds == [("contract_suspended",), ("payment_declined",)]
    # The customer is told at each step.
    told = [it["status"] for it in world.sent("customer", "invoice_issued")]
    assert told == ["issued", *["declined"] * 5]
    assert await charges(provider) == []


async def test_a_new_card_is_tried_at_once_and_ends_the_dunning(
    world: World, provider: HttpPayments
) -> None:
    contract = await declined(world, provider)
    world.now += timedelta(hours=1)
    await world.card(contract, days=0)
    assert (await world.follow_up(provider)).approved == 1
    assert dunning(world) == ("recovered", 0)
    assert invoice(world, contract) == ("paid", None)
    assert world.rows("SELECT status FROM alert") == [("closed",)]
    assert (await world.follow_up(provider, days=1)).done == 0


class Lost:
    """The real provider, but a charge does not reach it."""

    def __init__(self, provider: HttpPayments) -> None:
        self._provider = provider

    async def charge(self, _: ChargeRequest) -> Unknown:
        return Unknown("no answer")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)


async def test_a_card_added_while_a_try_is_undecided_is_tried_as_soon_as_that_is_declined(
    world: World, provider: HttpPayments
) -> None:
    (contract,) = await owing(world, DECLINED)
    assert (await world.charge(Lost(provider))).unknown == 1
    world.now += timedelta(hours=2)
    await world.card(contract, days=0)
    # The old card's charge is settled first; the new card does not wait for the schedule's day.
    await world.follow_up(provider, days=0.1)
    assert world.rows("SELECT status FROM payment WHERE attempt = 1") == [("declined",)]
    await world.follow_up(provider, days=0.1)
    assert invoice(world, contract) == ("paid", None)
    assert len(await charges(provider)) == 1


async def test_a_new_card_that_is_declined_too_uses_up_no_step(
    world: World, provider: HttpPayments
) -> None:
    contract = await declined(world, provider)
    start = world.now
    await world.follow_up(provider, days=0.1)
    await world.card(contract, "4000000000009995", days=0)
    world.now += timedelta(minutes=5)
    assert (await world.follow_up(provider)).declined == 1
    assert (await world.follow_up(provider)).done == 0
    assert dunning(world) == ("running", 0)
    assert world.value("SELECT next_at FROM dunning") == start + timedelta(days=1)
    assert invoice(world, contract) == ("declined", "The card has insufficient funds.")


async def test_a_suspended_contract_is_good_again_when_its_debt_is_paid(
    world: World, provider: HttpPayments
) -> None:
    contract = await declined(world, provider)
    await to_the_end(world, provider)
    world.now += timedelta(days=10)
    await world.card(contract, days=0)
    assert (await world.follow_up(provider, days=0.01)).approved == 1
    assert dunning(world) == ("recovered", 4)
    assert world.value("SELECT standing FROM contract") == "good"
    expected = [("suspended", 1), ("good", 2)]
    assert told_standing(world, "customer") == told_standing(world, "sysops") == expected
    assert world.rows("SELECT 1 FROM alert WHERE status = 'open'") == []
    assert sum(world.balance().values()) == 0


async def test_a_contract_with_another_unpaid_invoice_stays_suspended(
    world: World, provider: HttpPayments
) -> None:
    contract = await declined(world, provider)
    await to_the_end(world, provider)
    # A second debt of the same contract whose schedule has come to its end.
    world.execute(
        "WITH other AS (INSERT INTO invoice (run_id, contract_id, customer_id, period_start,"
        " period_end, number, status, currency, subtotal_cents, tax_cents, total_cents, row_hash,"
        " created_at) SELECT run_id, contract_id, customer_id, '2026-08-01', '2026-08-31', 99,"
        " 'declined', currency, 1, 0, 1, row_hash, created_at FROM invoice"
        " RETURNING id, customer_id), tried AS (INSERT INTO payment (invoice_id, attempt,"
        " customer_id, card_id, idempotency_key, amount_cents, currency, status, created_at)"
        " SELECT id, 1, customer_id, uuidv7(), 'other', 1, 'USD', 'declined',"
        " now() + interval '9 years' FROM other)"
        " INSERT INTO dunning SELECT id, 4, 'exhausted', NULL, now() + interval '9 years', now()"
        " FROM other"
    )
    await world.card(contract, days=1)
    assert (await world.follow_up(provider, days=2)).approved == 1
    assert world.value("SELECT standing FROM contract") == "suspended"


async def test_a_job_that_was_away_does_not_try_twice_on_one_day(
    world: World, provider: HttpPayments
) -> None:
    await declined(world, provider)
    assert (await world.follow_up(provider, days=10)).declined == 1
    assert (await world.follow_up(provider, days=0.9)).done == 0
    assert (await world.follow_up(provider, days=0.2)).declined == 1


async def test_without_any_card_the_schedule_runs_on_and_ends_the_same(
    world: World, provider: HttpPayments
) -> None:
    await owing(world, None)
    await world.charge(provider)
    await to_the_end(world, provider)
    assert dunning(world) == ("exhausted", 4)
    assert world.rows("SELECT 1 FROM payment") == []
    assert world.value("SELECT standing FROM contract") == "suspended"


@pytest.mark.parametrize("lost", ["4000000000300030"])
async def test_a_lost_answer_in_dunning_is_asked_for_first(
    world: World, provider: HttpPayments, lost: str
) -> None:
    contract = await declined(world, provider)
    world.now += timedelta(hours=1)
    await world.card(contract, lost, days=0)
    assert (await world.follow_up(provider)).unknown == 1
    assert (await world.follow_up(provider, days=1)).approved == 1
    assert len(await charges(provider)) == 1
    assert dunning(world)[0] == "recovered"
