"""A sum below nothing carries forward: an invoice over nothing, and credit for the next ones."""

from datetime import date
from uuid import uuid4

import pytest

from api.kernel.outside.http_payments import HttpPayments
from orchestration.billing import evidence
from tests.orchestration.billing.conftest import charges
from tests.orchestration.billing.world import OCTOBER, World

NOVEMBER = OCTOBER.next
ALERTS = "SELECT subject_id, status FROM alert WHERE kind = 'credit_due'"


async def cancelled_year(world: World) -> None:
    """A year that was paid in October and ended in November, and a month that goes on, of one
    customer, who has a card.
    """
    customer = uuid4()
    world.plan("yearly", 36500, "year")
    world.plan()
    year = world.contract("yearly", OCTOBER.first, state="NY", customer_id=customer)
    world.contract(starts_on=OCTOBER.first, state="NY", customer_id=customer)
    await world.card(year)
    world.previous_run(2, 37960 + 2079)
    await world.bill()


async def test_the_rest_of_a_cancelled_year_pays_the_next_invoices_of_the_customer(
    world: World, provider: HttpPayments
) -> None:
    await cancelled_year(world)
    await world.charge(provider)
    world.execute("UPDATE contract SET ends_on = '2026-11-30' WHERE plan_code = 'yearly'")
    world.now = world.now.replace(month=12)
    await world.draft(NOVEMBER)
    findings = await world.check(NOVEMBER)
    assert (findings["credits_carried"].figures["total_cents"], findings["tax_as_due"].ok) == (
        31616,
        True,
    )
    assert findings["outliers_parked"].ok
    world.execute("UPDATE billing_run SET status = 'approved', approved_hash = rows_hash")
    await world.issue(NOVEMBER)
    # 304 of 365 days at 1.00, and 4 % of that; the month in the same run takes 20.79 of it.
    rows = "SELECT total_cents, carried_cents, credited_cents, status FROM invoice i"
    assert world.rows(f"{rows} WHERE period_start = '2026-11-01' ORDER BY number") == [
        (0, 31616, 0, "paid"),
        (2079, 0, 2079, "paid"),
    ]
    assert world.rows("SELECT cents, version FROM credit_balance") == [(31616 - 2079, 2)]
    assert [it["cents"] for it in world.sent("customer", "credit_changed")] == [31616, 29537]
    told = world.sent("customer", "invoice_issued")[-2]
    assert (told["status"], told["total_cents"], told["due_cents"]) == ("paid", 0, 0)
    assert told["lines"][-1] == ["Carried forward as credit to your next invoices", 31616]
    await world.charge(provider, NOVEMBER)
    assert sorted(it.amount_cents for it in await charges(provider)) == [2079, 37960]
    assert sum(world.balance().values()) == 0
    assert (world.balance()["cash"], world.balance()["credit"]) == (40039, -29537)
    async with world.as_role("card_charge") as sessions, sessions() as session:
        assert (await evidence.books_equal_payments(session, NOVEMBER)).ok
        assert (await evidence.numbers_without_gap(session, NOVEMBER)).ok
    # The customer still has a contract that will use it.
    assert world.rows(ALERTS) == []


async def test_credit_that_no_contract_will_use_is_alerted_until_it_is_gone(world: World) -> None:
    world.plan("yearly", 36500, "year")
    year = world.contract("yearly", date(2026, 7, 1), date(2026, 10, 8), state="OR")
    customer = world.value("SELECT customer_id FROM contract")
    world.previous_run(1, 0)
    assert (await world.bill()).issued == 1
    assert world.balance() == {"revenue": 26500, "credit": -26500}
    assert world.rows(ALERTS) == [(year, "open")]
    before = world.fingerprint()
    assert (await world.issue()).issued == 0
    assert world.fingerprint() == before
    # Who comes back uses it, and nobody has to pay it out any more.
    world.plan("plus", 26500)
    world.contract("plus", starts_on=NOVEMBER.first, state="OR", customer_id=customer)
    world.now = world.now.replace(month=12)
    world.execute("UPDATE billing_run SET invoices = 1, total_cents = 26500, status = 'finished'")
    assert (await world.bill(NOVEMBER)).issued == 1
    assert world.rows("SELECT cents FROM credit_balance") == [(0,)]
    assert world.rows(ALERTS) == [(year, "closed")]


@pytest.mark.parametrize("portion", [1, 5000])
async def test_credit_comes_before_what_uses_it_whatever_the_portions(
    world: World, portion: int
) -> None:
    await cancelled_year(world)
    world.execute("UPDATE contract SET ends_on = '2026-11-30' WHERE plan_code = 'yearly'")
    world.now = world.now.replace(month=12)
    await world.draft(NOVEMBER)
    await world.check(NOVEMBER)
    world.execute(
        "UPDATE billing_run SET status = 'approved', approved_hash = rows_hash"
        " WHERE period = '2026-11-01'"
    )
    await world.issue(NOVEMBER, portion)
    assert world.rows("SELECT cents FROM credit_balance") == [(31616 - 2079,)]


async def test_credit_in_another_currency_is_refused_and_nothing_is_issued(world: World) -> None:
    world.plan("yearly", 36500, "year")
    world.contract("yearly", date(2026, 7, 1), date(2026, 10, 8), state="OR")
    world.execute(
        "INSERT INTO credit_balance SELECT customer_id, 'EUR', 100, 1, now() FROM contract"
    )
    world.previous_run(1, 0)
    with pytest.raises(Exception, match="null value in column"):
        await world.bill()
    assert world.balance() == {}
