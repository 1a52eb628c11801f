"""Finance sees what customers dispute at their banks, and gives up what is lost."""

from datetime import timedelta
from typing import Any

import httpx

from api.billing.chargebacks import service
from api.kernel.outside.payments import ListedDispute
from tests.api.billing.conftest import WHO
from tests.api.billing.test_acts import PAID, TOTAL, act, billed, look
from tests.orchestration.billing.world import World


async def told(world: World, status: Any) -> None:
    """What the provider's list says of the dispute over the one payment."""
    key = world.value("SELECT idempotency_key FROM payment")
    dispute = ListedDispute(
        provider_ref="dp_1",
        charge_ref="ch_1",
        idempotency_key=key,
        amount_cents=TOTAL,
        currency="USD",
        reason="fraudulent",
        status=status,
        answer_by=world.now + timedelta(days=7),
        created_at=world.now,
    )
    async with world.as_role("provider_reconciler") as sessions, sessions.begin() as session:
        await service.take(session, dispute, world.now)


async def test_a_dispute_is_listed_and_is_written_off_once_when_it_is_lost(
    world: World, billing: httpx.AsyncClient
) -> None:
    await billed(world, PAID)
    assert (await look(billing, "/chargebacks"))["items"] == []
    await told(world, "open")
    ((one,), _) = (await look(billing, "/chargebacks", status="open")).values()
    assert (one["amount_cents"], one["reason"], one["decided_at"]) == (TOTAL, "fraudulent", None)
    path = f"/chargebacks/{one['id']}"
    assert await look(billing, path) == one
    early = await act(billing, f"{path}/write-off")
    assert (early.status_code, early.json()["detail"]) == (
        409,
        "Only a lost chargeback is written off; this one is open.",
    )
    await told(world, "lost")
    assert (await look(billing, "/chargebacks", status="open"))["items"] == []
    written_off = await act(billing, f"{path}/write-off")
    assert (written_off.status_code, written_off.json()["status"]) == (200, "written_off")
    assert (await act(billing, f"{path}/write-off")).status_code == 409
    assert world.balance() == {"write_off": TOTAL, "revenue": -1999, "tax": -80}
    (done,) = (await look(billing, "/acts"))["items"]
    assert (done["act"], done["subject_id"], done["actor_id"]) == ("write_off", one["id"], str(WHO))
