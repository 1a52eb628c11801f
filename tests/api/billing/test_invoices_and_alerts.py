"""Invoices with all that happened to them, and alerts that people close."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from api.kernel.outside.payments import Declined
from orchestration.billing.booking import Settled, book
from orchestration.billing.intents import FRESH, intended
from tests.api.billing.conftest import FINANCE, token
from tests.orchestration.billing.world import OCTOBER, World


async def declined(world: World) -> UUID:
    """One invoice whose charge was declined; returns its customer."""
    world.plan()
    contract = world.contract(starts_on=OCTOBER.first)
    await world.card(contract)
    world.previous_run(1, 2079)
    await world.bill()
    async with world.as_role("card_charge") as sessions:
        async for page in intended(sessions, FRESH, world.now):
            outcome = Declined("card_declined", "The card was declined.", "ch_1")
            async with sessions.begin() as session:
                await book(session, [Settled(it, outcome) for it in page], world.now)
    customer: UUID = world.value("SELECT customer_id FROM contract")
    return customer


async def ask(billing: httpx.AsyncClient, path: str, **params: Any) -> Any:
    answer = await billing.get(path, params=params, headers=token(FINANCE))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_invoice_shows_its_lines_attempts_dunning_and_postings(
    billing: httpx.AsyncClient, world: World
) -> None:
    customer = await declined(world)
    (listed,) = (await ask(billing, "/billing/invoices", customer_id=str(customer)))["items"]
    assert (listed["number"], listed["status"], listed["period"]) == (
        "INV-00000001",
        "declined",
        "2026-10",
    )
    shown = await ask(billing, f"/billing/invoices/{listed['id']}")
    assert [line["cents"] for line in shown["lines"]] == [1999, 80]
    (payment,) = shown["payments"]
    assert (payment["status"], payment["decline_code"]) == ("declined", "card_declined")
    assert shown["dunning"]["status"] == "running"
    assert sum(entry["cents"] for entry in shown["ledger"]) == 0
    assert shown["reason"] == "The card was declined."


async def test_a_customers_invoices_come_page_by_page_and_nobody_elses(
    billing: httpx.AsyncClient, world: World
) -> None:
    world.plan()
    customer = uuid4()
    for _ in range(5):
        world.contract(starts_on=OCTOBER.first, customer_id=customer)
    world.contract(starts_on=OCTOBER.first)
    await world.draft()
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = await ask(billing, "/billing/invoices", customer_id=str(customer), limit=2, **more)
        seen += [it["id"] for it in page["items"]]
        if page["next_cursor"] is None:
            break
        more = {"cursor": page["next_cursor"]}
    assert len(seen) == len(set(seen)) == 5


async def test_invoices_are_found_by_contract_status_month_and_number(
    billing: httpx.AsyncClient, world: World
) -> None:
    customer = await declined(world)
    world.now = world.now.replace(month=12)
    world.contract(starts_on=OCTOBER.next.first)
    await world.bill(OCTOBER.next)
    contract = world.value("SELECT id FROM contract WHERE customer_id = %s", customer)

    async def found(**query: Any) -> list[str]:
        items = (await ask(billing, "/billing/invoices", **query))["items"]
        return [it["period"] for it in items]

    assert await found(contract_id=str(contract)) == ["2026-11", "2026-10"]
    assert await found(status="declined") == ["2026-10"]
    assert await found(period="2026-11") == ["2026-11", "2026-11"]
    assert await found(period="2026-11", contract_id=str(contract)) == ["2026-11"]
    assert await found(number="INV-00000001") == await found(number="1") == ["2026-10"]
    assert await found(customer_id=str(uuid4())) == await found(number="77") == []
    assert len(await found()) == 3


async def test_an_unknown_invoice_is_not_found_and_every_wrong_filter_is_said(
    billing: httpx.AsyncClient,
) -> None:
    answer = await billing.get(f"/billing/invoices/{uuid4()}", headers=token(FINANCE))
    assert answer.status_code == 404
    wrong = {"status": "late", "period": "2026-13", "number": "x"}
    answer = await billing.get("/billing/invoices", params=wrong, headers=token(FINANCE))
    assert answer.status_code == 400
    assert {it["parameter"] for it in answer.json()["errors"]} == set(wrong)


async def test_alerts_are_filtered_and_closed_once(
    billing: httpx.AsyncClient, world: World
) -> None:
    await declined(world)
    (alert,) = (await ask(billing, "/billing/alerts", status="open"))["items"]
    assert alert["kind"] == "payment_declined"
    assert (await ask(billing, "/billing/alerts", kind="credit_due"))["items"] == []
    path = f"/billing/alerts/{alert['id']}/closing"
    closed = await billing.post(path, headers=token(FINANCE))
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    (act,) = (await ask(billing, "/billing/acts"))["items"]
    assert (act["act"], act["subject_id"]) == ("close_alert", alert["id"])
    assert act["reason"] == "Looked after."
    assert (await billing.post(path, headers=token(FINANCE))).status_code == 409
    assert (await ask(billing, "/billing/alerts", status="open"))["items"] == []
    missing = f"/billing/alerts/{uuid4()}/closing"
    assert (await billing.post(missing, headers=token(FINANCE))).status_code == 404


async def test_nothing_of_a_card_is_in_any_answer(billing: httpx.AsyncClient, world: World) -> None:
    customer = await declined(world)
    listed = await ask(billing, "/billing/invoices", customer_id=str(customer))
    shown = await ask(billing, f"/billing/invoices/{listed['items'][0]['id']}")
    assert "4242" not in str(shown)
