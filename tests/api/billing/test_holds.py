"""A held contract is neither billed nor charged nor reminded, and goes on where it stood."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from tests.api.billing.conftest import FINANCE, token
from tests.api.billing.test_acts import PAID, REFUSED, act, billed, charge, look
from tests.orchestration.billing.world import OCTOBER, World


async def contract_of(world: World) -> UUID:
    found: UUID = world.value("SELECT id FROM contract")
    return found


def told(world: World) -> list[tuple[Any, ...]]:
    sent = world.sent("customer", "contract_billing")
    return [(it["held"], it["version"], it["tax_rate_millionths"]) for it in sent]


async def test_a_held_contract_is_not_charged_and_its_reminders_go_on_where_they_stood(
    billing: httpx.AsyncClient, world: World
) -> None:
    await billed(world, REFUSED)
    contract = await contract_of(world)
    ((started, following),) = world.rows("SELECT started_at, next_at FROM dunning")
    held = await act(billing, f"/contracts/{contract}/hold")
    assert held.status_code == 200, held.text
    assert (held.json()["standing"], held.json()["held_since"] is None) == ("good", False)
    assert world.sent("customer", "invoice_issued")[-1]["next_try_at"] is None
    since = world.value("SELECT held_since FROM contract")
    world.now = max(world.now, since) + timedelta(days=40)
    assert await charge(world, PAID) == []
    released = await act(billing, f"/contracts/{contract}/release")
    assert released.json()["unbilled_months"] == []
    ((now_started, now_following),) = world.rows("SELECT started_at, next_at FROM dunning")
    assert now_started - started == now_following - following > timedelta(0)
    assert told(world) == [(True, 1, 40_000), (False, 2, 40_000)]
    assert [
        it["act"] for it in (await look(billing, "/acts", contract_id=str(contract)))["items"]
    ] == [
        "release",
        "hold",
    ]


async def test_a_held_contract_gets_no_invoice_and_the_month_is_named_when_it_is_released(
    billing: httpx.AsyncClient, world: World
) -> None:
    world.plan()
    contract = world.contract(starts_on=OCTOBER.first)
    world.contract(starts_on=OCTOBER.first)
    world.previous_run(1, 2079)
    await act(billing, f"/contracts/{contract}/hold")
    world.now = world.value("SELECT held_since FROM contract WHERE id = %s", contract)
    assert (await world.bill()).issued == 1
    released = await act(billing, f"/contracts/{contract}/release")
    assert released.json()["unbilled_months"] == ["2026-10"]
    assert world.rows("SELECT subject_id FROM alert WHERE kind = 'unbilled_month'") == [(contract,)]


async def test_what_was_issued_before_waits_until_the_release(
    billing: httpx.AsyncClient, world: World
) -> None:
    await billed(world, None)
    contract = await contract_of(world)
    await act(billing, f"/contracts/{contract}/hold")
    assert await charge(world, PAID) == []
    await act(billing, f"/contracts/{contract}/release")
    assert await charge(world, PAID) == [2079]


async def test_a_contract_is_held_once_and_released_once(
    billing: httpx.AsyncClient, world: World
) -> None:
    world.plan()
    path = f"/contracts/{world.contract()}"
    assert (await act(billing, f"{path}/release")).status_code == 409
    assert (await act(billing, f"{path}/hold")).status_code == 200
    assert (await act(billing, f"{path}/hold")).status_code == 409
    assert (await act(billing, f"/contracts/{UUID(int=1)}/hold")).status_code == 404
    invoice = await billing.get(f"/billing/customers/{UUID(int=1)}", headers=token(FINANCE))
    assert invoice.status_code == 404


async def test_a_held_contract_is_not_retried_by_hand(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    await act(billing, f"/contracts/{await contract_of(world)}/hold")
    assert "held" in (await act(billing, f"/invoices/{invoice}/retry")).json()["detail"]


async def test_a_hold_waits_for_a_charge_without_holding_what_the_charge_needs(
    billing: httpx.AsyncClient, world: World
) -> None:
    invoice = await billed(world, REFUSED)
    contract = await contract_of(world)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with world.databases.connect("billing", "card_charge") as charging:
        # The order of the charge step: an invoice, then its contract.
        charging.execute("BEGIN")
        charging.execute("SELECT FROM invoice WHERE id = %s FOR UPDATE", [invoice])
        held = asyncio.create_task(act(billing, f"/contracts/{contract}/hold"))
        async with asyncio.timeout(30):
            while not world.value(waiting):  # noqa: ASYNC110 - another connection
                await asyncio.sleep(0.01)
        charging.execute("SELECT FROM contract WHERE id = %s FOR SHARE NOWAIT", [contract])
        charging.execute("COMMIT")
    assert (await held).status_code == 200
