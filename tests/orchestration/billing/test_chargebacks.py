"""A payment that the customer's bank takes back is in the books, and finance knows until when."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from api.billing.adjustments import service as adjustments
from api.billing.adjustments.history import Act
from api.billing.chargebacks import service
from api.kernel.errors import Conflict
from api.kernel.outside.http_payments import HttpPayments
from api.kernel.outside.payments import ListedDispute
from orchestration.billing import evidence
from orchestration.local.sandbox.server import Running, serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.api.served import billing_quantum, served_beside
from tests.databases import Databases
from tests.orchestration.billing.conftest import charges, settings_for
from tests.orchestration.billing.reconciled import reconcile
from tests.orchestration.billing.test_charging import TOTAL, owing
from tests.orchestration.billing.test_refunds import give_back, intend
from tests.orchestration.billing.world import OCTOBER, World
from tests.outside import PAYMENTS_SECRET, free_port

GOOD = "4242424242424242"
DISPUTED = "4000000000000259"
EARNED = {"revenue": -1999, "tax": -80}


async def disputed(world: World, sandbox: Running, provider: HttpPayments) -> str:
    """The provider's id of a dispute over a payment of ours."""
    await owing(world, GOOD)
    await world.charge(provider)
    (charge,) = await charges(provider)
    return str((await bank(sandbox, "POST", "", charge_id=charge.provider_ref))["id"])


async def bank(sandbox: Running, method: str, path: str, **body: str) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.request(method, f"{sandbox.url}/api/disputes{path}", json=body)
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


def alerts(world: World) -> list[tuple[Any, ...]]:
    return world.rows("SELECT kind, status FROM alert ORDER BY kind")


async def act(world: World, what: Any, subject: UUID, **more: Any) -> None:
    async with world.as_role("billing_api") as sessions, sessions.begin() as session:
        await what(session, subject, Act(uuid4(), "The bank decided.", world.now), **more)


async def books_are_right(world: World) -> bool:
    async with world.as_role("card_charge") as sessions, sessions() as session:
        found = await evidence.books_equal_payments(session, OCTOBER)
        return found.ok and (await evidence.ledger_balanced(session, OCTOBER)).ok


async def test_what_the_bank_takes_back_is_no_cash_and_a_won_dispute_is_cash_again(
    world: World, sandbox: Running, provider: HttpPayments
) -> None:
    dispute = await disputed(world, sandbox, provider)
    for _ in range(2):
        assert (await reconcile(world, provider)).differences == []
        assert world.balance() == {"chargeback": TOTAL, **EARNED}
        assert alerts(world) == [("chargeback_opened", "open")]
        assert await books_are_right(world)
    detail = world.value("SELECT detail FROM alert")
    assert "20.79 USD paid for INV-00000001 (product_not_received)" in detail
    assert f"{world.value('SELECT answer_by FROM chargeback'):%Y-%m-%d}" in detail
    refunding = world.value("SELECT id FROM invoice")
    with pytest.raises(Conflict, match="disputed"):
        await act(world, adjustments.refund, refunding, amount_cents=None, source="invoice")
    await bank(sandbox, "PUT", f"/{dispute}", status="won")
    for _ in range(2):
        await reconcile(world, provider)
        assert world.balance() == {"cash": TOTAL, **EARNED}
    assert alerts(world) == [("chargeback_opened", "closed")]
    assert await books_are_right(world)
    await act(world, adjustments.refund, refunding, amount_cents=None, source="invoice")


async def test_the_provider_tells_of_a_disputed_card_and_of_the_end_without_being_asked(
    databases: Databases, world: World, sandbox_settings: SandboxSettings
) -> None:
    async with served_beside(billing_quantum(databases), free_port()) as url:
        settings = sandbox_settings.model_copy(
            update={
                "sandbox_dispute_url": f"{url}/billing/chargebacks/reports",
                "sandbox_dispute_seconds": 0.2,
                "payments_webhook_secret": SecretStr(PAYMENTS_SECRET),
            }
        )
        async with (
            serving(settings) as sandbox,
            HttpPayments(settings_for(sandbox.url)) as provider,
        ):
            await owing(world, DISPUTED)
            assert (await world.charge(provider)).approved == 1
            dispute = await told(world, "open")
            assert world.balance() == {"chargeback": TOTAL, **EARNED}
            assert await books_are_right(world)
            await bank(sandbox, "PUT", f"/{dispute}", status="won")
            await told(world, "won")
            # The list says the same, and changes nothing.
            assert (await reconcile(world, provider)).differences == []
            assert world.balance() == {"cash": TOTAL, **EARNED}
            assert alerts(world) == [("chargeback_opened", "closed")]
            assert await books_are_right(world)


async def told(world: World, status: str) -> str:
    """The dispute, once we have heard that it is so."""
    for _ in range(200):
        found = world.rows("SELECT provider_reference FROM chargeback WHERE status = %s", status)
        if found:
            return str(found[0][0])
        await asyncio.sleep(0.05)
    raise AssertionError(f"nobody told that it is {status}")


async def test_a_refund_that_a_dispute_overtakes_waits_until_it_is_won(
    world: World, sandbox: Running, provider: HttpPayments
) -> None:
    dispute = await disputed(world, sandbox, provider)
    # Finance refunds before the dispute is heard of, and the provider would do it.
    await intend(world, world.value("SELECT id FROM invoice"))
    await reconcile(world, provider)
    for _ in range(2):
        await give_back(world, provider)
        assert [it.refunded_cents for it in await charges(provider)] == [0]
    assert ("refund_held_back", "open") in alerts(world)
    assert await books_are_right(world)
    await bank(sandbox, "PUT", f"/{dispute}", status="won")
    await reconcile(world, provider)
    assert (await give_back(world, provider)).refunded == 1
    assert [it.refunded_cents for it in await charges(provider)] == [TOTAL]
    assert ("refund_held_back", "closed") in alerts(world)
    assert world.balance() == {}
    assert await books_are_right(world)


async def test_a_lost_dispute_waits_for_finance_and_is_written_off_once(
    world: World, sandbox: Running, provider: HttpPayments
) -> None:
    dispute = await disputed(world, sandbox, provider)
    # Heard of only when it was over.
    await bank(sandbox, "PUT", f"/{dispute}", status="lost")
    await reconcile(world, provider)
    assert world.balance() == {"chargeback": TOTAL, **EARNED}
    assert alerts(world) == [("chargeback_lost", "open"), ("chargeback_opened", "closed")]
    chargeback = world.value("SELECT id FROM chargeback")
    await act(world, service.write_off, chargeback)
    with pytest.raises(Conflict, match="written_off"):
        await act(world, service.write_off, chargeback)
    await reconcile(world, provider)
    assert world.balance() == {"write_off": TOTAL, **EARNED}
    assert ("chargeback_lost", "closed") in alerts(world)
    assert await books_are_right(world)
    await bank(sandbox, "PUT", f"/{dispute}", status="won")
    await reconcile(world, provider)
    assert world.balance() == {"write_off": TOTAL, **EARNED}
    assert ("chargeback_contradicted", "open") in alerts(world)


async def test_disputes_take_back_no_more_than_the_charge_until_one_is_won(
    world: World, sandbox: Running, provider: HttpPayments
) -> None:
    dispute = await disputed(world, sandbox, provider)
    await reconcile(world, provider)
    (charge,) = await charges(provider)
    again = ListedDispute(
        provider_ref="dp_again",
        charge_ref=charge.provider_ref,
        idempotency_key=charge.idempotency_key,
        amount_cents=1,
        currency="USD",
        reason="duplicate",
        status="open",
        answer_by=world.now,
        created_at=world.now,
    )

    async def tell() -> None:
        async with world.as_role("provider_reconciler") as sessions, sessions.begin() as session:
            await service.take(session, again, world.now)

    await tell()
    assert world.balance() == {"chargeback": TOTAL, **EARNED}
    assert ("chargeback_contradicted", "open") in alerts(world)
    await bank(sandbox, "PUT", f"/{dispute}", status="won")
    await reconcile(world, provider)
    for _ in range(2):
        await tell()
    assert world.balance() == {"chargeback": 1, "cash": TOTAL - 1, **EARNED}
    assert ("chargeback_contradicted", "closed") in alerts(world)


async def test_a_dispute_over_no_charge_of_ours_is_alerted_and_posts_nothing(
    world: World, sandbox: Running, provider: HttpPayments
) -> None:
    await disputed(world, sandbox, provider)
    world.execute("UPDATE payment SET provider_reference = 'ch_other'")
    await reconcile(world, provider)
    assert world.balance() == {"cash": TOTAL, **EARNED}
    assert ("chargeback_contradicted", "open") in alerts(world)
    (charge,) = await charges(provider)
    world.execute("UPDATE payment SET provider_reference = %s", charge.provider_ref)
    await reconcile(world, provider)
    assert world.balance() == {"chargeback": TOTAL, **EARNED}
    assert ("chargeback_contradicted", "closed") in alerts(world)
