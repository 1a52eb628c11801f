"""Finance enters one-off charges and credits, looks for them, and takes them back in time."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from orchestration.billing.one_offs import alone
from tests.api.billing.conftest import FINANCE, WHO, token
from tests.api.billing.test_acts import act, look
from tests.api.support import pointers
from tests.orchestration.billing.world import OCTOBER, World

SUM = "SELECT subtotal_cents, status FROM invoice WHERE contract_id = %s"


async def enter(billing: httpx.AsyncClient, contract: UUID, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "contract_id": str(contract),
        "kind": "charge",
        "amount_cents": 4500,
        "description": "Visit on October 14",
        "product_class": "visit",
        "from_period": "2026-10",
    }
    answer = await act(billing, "/one-offs", **body | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def issued(world: World, total: int) -> UUID:
    """A contract whose last month came to so much."""
    world.plan()
    contract = world.contract(starts_on=OCTOBER.first, state="OR")
    world.previous_run(1, total)
    return contract


async def test_what_is_entered_is_billed_found_and_written_down(
    billing: httpx.AsyncClient, world: World
) -> None:
    contract = await issued(world, 6000)
    charge = await enter(billing, contract)
    credit = await enter(
        billing, contract, kind="credit", amount_cents=500, product_class="untaxed"
    )
    later = await enter(billing, contract, from_period=None)
    assert (charge["state"], charge["invoice_id"], charge["currency"]) == ("open", None, "USD")
    assert later["from_period"] >= "2026-11"
    await world.bill()
    assert world.rows(SUM, contract) == [(5999, "issued")]
    invoice = world.value("SELECT id FROM invoice")
    shown = await look(billing, f"/one-offs/{charge['id']}")
    assert (shown["state"], shown["invoice_id"]) == ("billed", str(invoice))
    detail = await look(billing, f"/invoices/{invoice}")
    assert [(it["kind"], it["cents"]) for it in detail["lines"]] == [
        ("plan", 1999),
        ("charge", 4500),
        ("credit", -500),
    ]
    assert detail["carried_cents"] == 0

    async def found(**query: str) -> list[str]:
        items = (await look(billing, "/one-offs", **query))["items"]
        return [it["id"] for it in items]

    assert await found() == [later["id"], credit["id"], charge["id"]]
    assert await found(state="open") == [later["id"]]
    assert await found(state="billed", kind="credit") == [credit["id"]]
    assert await found(contract_id=str(contract), from_period="2026-10") == [
        credit["id"],
        charge["id"],
    ]
    assert await found(customer_id=str(uuid4())) == []
    first = await look(billing, "/one-offs", limit=2)
    rest = await look(billing, "/one-offs", limit=2, cursor=first["next_cursor"])
    assert ([it["id"] for it in rest["items"]], rest["next_cursor"]) == ([charge["id"]], None)
    (done, *_) = (await look(billing, "/acts", act="one_off", contract_id=str(contract)))["items"]
    assert (done["subject_id"], done["actor_id"]) == (later["id"], str(WHO))
    taken = await act(billing, f"/one-offs/{charge['id']}/withdrawal")
    assert "is on INV-00000001, which is issued" in taken.json()["detail"]


async def test_it_is_withdrawn_while_nothing_holds_it_or_its_run_waits(
    billing: httpx.AsyncClient, world: World
) -> None:
    contract = await issued(world, 9_000_000)
    unheld, held = [await enter(billing, contract, description=it) for it in ("A fan", "A visit")]
    path = f"/one-offs/{unheld['id']}/withdrawal"
    assert (await act(billing, path)).json()["state"] == "withdrawn"
    assert "withdrawn already" in (await act(billing, path)).json()["detail"]
    await world.draft()
    path = f"/one-offs/{held['id']}/withdrawal"
    refused = await act(billing, path)
    assert "The run of 2026-10 is under way and holds it" in refused.json()["detail"]
    await world.bill()
    assert (await look(billing, "/runs/2026-10"))["status"] == "held"
    assert (await look(billing, f"/one-offs/{held['id']}"))["state"] == "drafted"
    async with world.as_role("biller") as sessions, sessions.begin() as session:
        await alone(session)
        refused = await act(billing, path)
        assert "A month is being drafted" in refused.json()["detail"]
    done = await act(billing, path)
    assert (done.status_code, done.json()["state"]) == (200, "withdrawn")
    run = await look(billing, "/runs/2026-10")
    assert (run["status"], run["rows_hash"]) == ("drafted", None)
    await world.bill()
    assert world.rows(SUM, contract) == [(1999, "draft")]
    assert [it["act"] for it in (await look(billing, "/acts"))["items"]] == [
        "withdraw_one_off",
        "withdraw_one_off",
        "one_off",
        "one_off",
    ]


async def test_what_cannot_be_billed_is_refused_field_by_field(
    billing: httpx.AsyncClient, world: World
) -> None:
    contract = await issued(world, 0)
    body: dict[str, Any] = {
        "contract_id": "x",
        "kind": "discount",
        "amount_cents": -1,
        "description": "a\nb",
        "product_class": "car",
        "from_period": "2026-13",
        "reason": "",
    }
    answer = await act(billing, "/one-offs", **body)
    assert answer.status_code == 400
    assert pointers(answer) == {f"/{name}" for name in body}
    good = body | {
        "contract_id": str(uuid4()),
        "kind": "charge",
        "amount_cents": 1,
        "description": "A visit",
        "product_class": "visit",
        "from_period": "2019-12",
        "reason": "Agreed.",
    }
    unknown = await act(billing, "/one-offs", **good)
    assert (unknown.status_code, pointers(unknown)) == (422, {"/contract_id"})
    untaxed = await act(billing, "/one-offs", **good | {"contract_id": str(contract)})
    assert "no rate for visit in OR" in untaxed.json()["detail"]
    assert (await act(billing, f"/one-offs/{uuid4()}/withdrawal")).status_code == 404
    assert (
        await billing.get(f"/billing/one-offs/{uuid4()}", headers=token(FINANCE))
    ).status_code == 404
    assert world.rows("SELECT 1 FROM one_off") == []
