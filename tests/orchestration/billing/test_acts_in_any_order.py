"""Whatever finance and the charge step do, in whatever order: the ledger is the truth."""

from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.billing.accounts.service import sums
from api.billing.adjustments import holds, service
from api.billing.adjustments.history import Act
from api.kernel.errors import Conflict
from api.kernel.outside.http_payments import HttpPayments
from orchestration.billing import evidence
from orchestration.billing.refunding import Refunder
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.test_charging import CUT_AFTER_CHARGE, DECLINED
from tests.orchestration.billing.world import OCTOBER, World

GOOD = "4242424242424242"
STEPS = 18


async def act(world: World, random: Random, customer: UUID) -> None:
    """One act of finance on one invoice, with amounts that may be too large."""
    invoice, contract = random.choice(
        world.rows("SELECT id, contract_id FROM invoice WHERE number IS NOT NULL")
    )
    why = Act(uuid4(), "By chance.", world.now)
    amount: Any = random.choice([None, 1, 333, 1500, 2500])
    async with world.as_role("billing_api") as sessions:
        try:
            async with sessions.begin() as session:
                match random.randrange(6):
                    case 0:
                        await service.retry(session, invoice, why)
                    case 1:
                        place: Any = random.choice([None, "invoice", "next_invoice"])
                        await service.credit_note(
                            session, invoice, why, amount_cents=amount, applies_to=place
                        )
                    case 2 | 3:
                        source: Any = random.choice(["invoice", "credit"])
                        await service.refund(
                            session, invoice, why, amount_cents=amount, source=source
                        )
                    case 4 if random.random() < 0.3:
                        await service.write_off(session, invoice, why)
                    case _:
                        change = random.choice([holds.hold, holds.release])
                        await change(session, contract, why)
        except Conflict:
            pass


async def examine(world: World, provider: HttpPayments, customer: UUID) -> None:
    """What holds after every step."""
    assert sum(world.balance().values()) == 0
    for charge in await charges(provider):
        booked = world.rows(
            "SELECT amount_cents, refunded_cents FROM payment JOIN invoice i ON i.id = invoice_id"
            " WHERE idempotency_key = %s",
            charge.idempotency_key,
        )
        ((taken, _),) = booked
        assert (charge.amount_cents, charge.refunded_cents <= taken) == (taken, True)
    paid_twice = (
        "SELECT invoice_id FROM payment WHERE status = 'approved' GROUP BY 1 HAVING count(*) > 1"
    )
    assert world.rows(paid_twice) == []
    async with world.as_role("billing_api") as sessions, sessions() as session:
        found = await sums(session, customer)
    due = "SELECT coalesce(sum(total_cents - credited_cents), 0)::bigint FROM invoice"
    assert found.owed == world.value(f"{due} WHERE status IN ('issued', 'declined')")
    free = world.value("SELECT coalesce(sum(cents), 0)::bigint FROM credit_balance")
    assert found.credit == free + found.reserved


@pytest.mark.parametrize("seed", range(4))
async def test_no_sequence_of_acts_pays_back_too_much_charges_twice_or_loses_a_cent(
    world: World, provider: HttpPayments, seed: int
) -> None:
    random = Random(seed)
    world.plan()
    customer = uuid4()
    numbers = [GOOD, DECLINED, CUT_AFTER_CHARGE][: 1 + seed % 3]
    for _ in numbers:
        contract = world.contract(starts_on=OCTOBER.first, customer_id=customer)
    for number in numbers:
        await world.card(contract, number)
    world.previous_run(len(numbers), len(numbers) * 2079)
    await world.bill()
    await world.charge(provider)
    for step in range(STEPS):
        if step == STEPS // 2:
            world.now = world.now.replace(month=12, day=1)
            await world.bill(OCTOBER.next)
        if random.random() < 0.25:
            await world.follow_up(provider, days=0.5)
            async with world.as_role("card_charge") as sessions:
                await Refunder(sessions, provider, lambda: world.now).run()
        await act(world, random, customer)
        await examine(world, provider, customer)
    async with world.as_role("card_charge") as sessions, sessions() as session:
        for period in (OCTOBER, OCTOBER.next):
            assert (await evidence.books_equal_payments(session, period)).ok
            assert (await evidence.ledger_balanced(session, period)).ok
