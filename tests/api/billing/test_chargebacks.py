"""Finance sees what customers dispute at their banks, and gives up what is lost."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from api.billing.chargebacks import service
from api.kernel import clock
from api.kernel.outside.payments import ListedDispute, Unknown
from api.kernel.outside.signatures import timed_signature
from tests.api.billing.conftest import WHO
from tests.api.billing.test_acts import PAID, TOTAL, act, billed, look
from tests.api.support import pointers
from tests.orchestration.billing.world import World
from tests.outside import PAYMENTS_SECRET


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


def dispute(world: World, **more: Any) -> bytes:
    """What the provider reports of a dispute over the one payment."""
    said = {
        "id": "dp_1",
        "charge_id": "ch_1",
        "idempotency_key": world.value("SELECT idempotency_key FROM payment"),
        "amount": TOTAL,
        "currency": "USD",
        "reason": "fraudulent",
        "status": "open",
        "answer_by": "2026-11-09T12:00:00Z",
        "created_at": "2026-11-02T12:00:00Z",
        "evidence": "what we do not know of is let be",
    }
    return msgspec.json.encode(said | more)


async def report(
    billing: httpx.AsyncClient, body: bytes, secret: str = PAYMENTS_SECRET, age: int = 0
) -> httpx.Response:
    signed = timed_signature(secret, int(clock.now().timestamp()) - age, body)
    headers = {"Content-Type": "application/json", "Squad-Provider-Signature": signed}
    return await billing.post("/billing/chargebacks/reports", content=body, headers=headers)


async def test_reports_of_the_provider_are_booked_once_in_whatever_order_they_come(
    world: World, billing: httpx.AsyncClient
) -> None:
    await billed(world, PAID)
    opened, won = dispute(world), dispute(world, status="won")
    at_once = await asyncio.gather(*(report(billing, opened) for _ in range(4)))
    assert [it.status_code for it in at_once] == [204] * 4
    assert world.balance() == {"chargeback": TOTAL, "revenue": -1999, "tax": -80}
    for body in (won, opened, won):
        assert (await report(billing, body)).status_code == 204
    assert world.balance() == {"cash": TOTAL, "revenue": -1999, "tax": -80}
    (one,) = (await look(billing, "/chargebacks"))["items"]
    assert (one["status"], one["answer_by"]) == ("won", "2026-11-09T12:00:00Z")
    assert world.value("SELECT count(*) FROM alert WHERE status = 'open'") == 0


async def test_what_the_provider_did_not_sign_now_is_refused_and_changes_nothing(
    world: World, billing: httpx.AsyncClient
) -> None:
    await billed(world, PAID)
    body, before = dispute(world), world.fingerprint()
    refused = [
        await report(billing, body, secret="another"),
        await report(billing, body, age=301),
        await report(billing, body, age=-301),
        await billing.post("/billing/chargebacks/reports", content=body),
        await billing.post(
            "/billing/chargebacks/reports",
            content=body,
            headers={"Squad-Provider-Signature": "t=9,v1=9"},
        ),
    ]
    assert {(it.status_code, it.json()["title"]) for it in refused} == {(400, "Not signed")}
    wrong = await report(billing, dispute(world, amount=0, status="gone", reason="\x00"))
    assert wrong.status_code == 400
    assert pointers(wrong) >= {"/amount", "/status", "/reason"}
    assert world.fingerprint() == before
    assert (await report(billing, body)).status_code == 204


async def test_a_report_that_overtakes_the_answer_to_the_charge_is_asked_for_again(
    world: World, billing: httpx.AsyncClient
) -> None:
    await billed(world, Unknown("no answer"))
    early = await report(billing, dispute(world))
    assert (early.status_code, early.json()["detail"]) == (
        409,
        "The charge is not booked yet. Report it again in a minute.",
    )
    assert world.value("SELECT count(*) FROM alert WHERE kind LIKE 'chargeback%%'") == 0
    world.execute(
        "UPDATE payment SET status = 'approved', provider_reference = 'ch_1', decided_at = now()"
    )
    # Of a charge that is not ours finance is told, and the provider need not come again.
    other = await report(billing, dispute(world, charge_id="ch_other", id="dp_2"))
    assert other.status_code == 204
    assert world.value("SELECT count(*) FROM alert WHERE kind = 'chargeback_contradicted'") == 1
