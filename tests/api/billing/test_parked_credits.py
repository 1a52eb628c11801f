"""The credit of a cancelled year: a run parks it, finance makes a credit note of it."""

from uuid import UUID

import httpx

from tests.api.billing.test_acts import PAID, act, charge
from tests.orchestration.billing.world import OCTOBER, World


async def cancelled_year(world: World) -> tuple[str, UUID]:
    """A year that was paid in October and ended in November: the term's invoice, and the parked
    credit of the rest.
    """
    world.plan("yearly", 36500, "year")
    contract = world.contract("yearly", starts_on=OCTOBER.first, state="NY")
    await world.card(contract)
    world.previous_run(1, 37960)
    await world.bill()
    await charge(world, PAID)
    world.execute("UPDATE contract SET status = 'cancelled', ends_on = '2026-11-30'")
    world.now = world.now.replace(month=12)
    await world.bill(OCTOBER.next)
    parked = world.value("SELECT id FROM invoice WHERE status = 'parked'")
    return str(world.value("SELECT id FROM invoice WHERE number = 1")), parked


async def test_the_credit_of_a_cancelled_year_becomes_a_credit_note_and_is_paid_out(
    billing: httpx.AsyncClient, world: World
) -> None:
    term, parked = await cancelled_year(world)
    world.execute("UPDATE billing_run SET status = 'issued' WHERE period = '2026-11-01'")
    part = await act(billing, f"/invoices/{parked}/credit-notes", amount_cents=1)
    assert "all of it or nothing" in part.json()["detail"]
    note = (await act(billing, f"/invoices/{parked}/credit-notes")).json()
    # 304 of 365 days at 1.00, and 4 % of that.
    assert (note["amount_cents"], note["tax_cents"], note["invoice_id"]) == (31616, 1216, term)
    assert world.rows("SELECT status FROM invoice WHERE id = %s", parked) == [("void",)]
    assert world.rows("SELECT status FROM alert WHERE kind = 'credit_due'") == [("closed",)]
    assert (await act(billing, f"/invoices/{parked}/credit-notes")).status_code == 409
    refund = await act(billing, f"/invoices/{term}/refunds", source="credit")
    assert refund.json()["amount_cents"] == 31616
    assert world.balance() == {"cash": 37960, "credit": -31616, "revenue": -6100, "tax": -244}


async def test_a_parked_credit_waits_until_its_run_is_decided(
    billing: httpx.AsyncClient, world: World
) -> None:
    _, parked = await cancelled_year(world)
    world.execute("UPDATE billing_run SET status = 'held' WHERE period = '2026-11-01'")
    answer = await act(billing, f"/invoices/{parked}/credit-notes")
    assert "not issued yet" in answer.json()["detail"]
