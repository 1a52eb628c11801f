"""Customers submit tickets, follow them, and ask for changes."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.messages import TicketCreated
from tests.api.customer.conftest import Customer, counts, in_days, sent
from tests.api.support import pointers
from tests.databases import Databases


async def test_a_submitted_ticket_is_seen_at_once_and_on_its_way_to_sysops(
    ada: Customer, databases: Databases
) -> None:
    window = {"start": in_days(2), "end": in_days(2, 3)}
    body = await ada.ticket_body(preferred_windows=[window])
    answer = await ada.post("/tickets", body)
    assert answer.status_code == 201
    ticket = answer.json()
    assert (ticket["status"], ticket["number"], ticket["priority"]) == ("submitted", None, "normal")
    listed = (await ada.get("/tickets")).json()
    assert listed == {"items": [ticket], "next_cursor": None}
    (message,) = sent(databases, TicketCreated)
    assert str(message.ticket_id) == ticket["id"]
    assert (str(message.customer_id), str(message.contract_id)) == (ada.id, body["contract_id"])
    assert (message.contact_name, message.contact_phone) == ("Ada Example", "+15125550123")
    assert (message.address.zip, message.address.time_zone) == ("78701", "America/Chicago")
    assert (message.ticket_type, message.priority) == ("tv-picture", "normal")
    (preferred,) = message.preferred_windows
    assert preferred.start == datetime.fromisoformat(window["start"])
    assert preferred.start.utcoffset() == timedelta(0)


async def test_a_new_ticket_has_a_timeline_in_plain_words(ada: Customer) -> None:
    ticket_id = await ada.ticket_id()
    ticket = (await ada.get(f"/tickets/{ticket_id}")).json()
    (first,) = ticket["timeline"]
    assert (first["status"], first["text"]) == ("submitted", "You told us about the problem.")
    assert first["at"] == ticket["submitted_at"]


async def test_the_plan_decides_the_priority(ada: Customer) -> None:
    contract_id = await ada.contract_id("basic")
    body = await ada.ticket_body(contract_id=contract_id, ticket_type="laptop-repair")
    assert (await ada.post("/tickets", body)).json()["priority"] == "low"


async def test_tickets_come_in_pages_the_newest_first_and_none_twice(ada: Customer) -> None:
    contract_id = await ada.contract_id()
    made = [await ada.ticket_id(contract_id=contract_id) for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for size in (2, 2, 1):
        page = (await ada.get("/tickets", limit=2, **cursor)).json()
        assert len(page["items"]) == size
        seen += [ticket["id"] for ticket in page["items"]]
        # A ticket that comes while one reads moves nothing.
        await ada.ticket_id(contract_id=contract_id)
        cursor = {"cursor": page["next_cursor"]}
    assert page["next_cursor"] is None
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"limit": 0}, {"limit"}),
        ({"limit": 101}, {"limit"}),
        ({"limit": "x"}, {"limit"}),
        ({"cursor": "nonsense"}, {"cursor"}),
        ({"cursor": "é"}, {"cursor"}),
    ],
)
async def test_a_bad_page_names_the_parameter(
    ada: Customer, query: dict[str, Any], wrong: set[str]
) -> None:
    for path in ("/tickets", "/statements"):
        answer = await ada.get(path, **query)
        assert answer.status_code == 400
        assert {error["parameter"] for error in answer.json()["errors"]} == wrong


async def test_a_bad_ticket_lists_every_error_and_writes_nothing(
    ada: Customer, databases: Databases
) -> None:
    before = counts(databases)
    body = {
        "contract_id": "mine",
        "address_id": None,
        "description": "\x00",
        "preferred_windows": [{"start": "2030-01-01T10:00:00", "end": 5}, {"from": 1}],
        "priority": "urgent",
    }
    answer = await ada.post("/tickets", body)
    assert answer.status_code == 400
    assert pointers(answer) == {
        "/contract_id",
        "/address_id",
        "/ticket_type",
        "/description",
        "/preferred_windows/0/start",
        "/preferred_windows/0/end",
        "/preferred_windows/1/start",
        "/preferred_windows/1/end",
        "/preferred_windows/1/from",
        "/priority",
    }
    assert counts(databases) == before


async def test_a_ticket_that_cannot_be_lists_every_reason_and_writes_nothing(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    body = {
        "contract_id": await bob.contract_id(),
        "address_id": await bob.address_id(),
        "ticket_type": "fax",
        "description": "It does not work.",
        "preferred_windows": [
            {"start": in_days(-1), "end": in_days(1)},
            {"start": in_days(1), "end": in_days(1, 1)},
            {"start": in_days(3), "end": in_days(2)},
            {"start": in_days(1), "end": in_days(100)},
            {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-14:00"},
        ],
    }
    before = counts(databases)
    answer = await ada.post("/tickets", body)
    assert answer.status_code == 422
    assert pointers(answer) == {
        "/contract_id",
        "/address_id",
        "/ticket_type",
        "/preferred_windows/0/start",
        "/preferred_windows/1/end",
        "/preferred_windows/2/end",
        "/preferred_windows/3/end",
        "/preferred_windows/4/start",
        "/preferred_windows/4/end",
    }
    assert counts(databases) == before


async def test_a_ticket_needs_a_running_contract(ada: Customer, databases: Databases) -> None:
    contract_id = await ada.contract_id()
    await ada.post(f"/contracts/{contract_id}/cancel")
    before = counts(databases)
    answer = await ada.post("/tickets", await ada.ticket_body(contract_id=contract_id))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["detail"] == "This contract has ended."
    assert counts(databases) == before


async def test_a_ticket_needs_a_contract_in_good_standing(
    ada: Customer, databases: Databases
) -> None:
    contract_id = await ada.contract_id()
    databases.execute("customer", "UPDATE contract SET standing = 'suspended'")
    answer = await ada.post("/tickets", await ada.ticket_body(contract_id=contract_id))
    assert answer.status_code == 422
    assert pointers(answer) == {"/contract_id"}
    assert "suspended" in answer.json()["errors"][0]["detail"]


async def test_a_ticket_needs_a_plan_that_covers_the_device(ada: Customer) -> None:
    answer = await ada.post("/tickets", await ada.ticket_body(ticket_type="stereo-sound"))
    assert answer.status_code == 422
    assert pointers(answer) == {"/ticket_type"}


async def test_another_customers_ticket_is_not_found_whatever_one_does(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    ticket_id = await bob.ticket_id()
    before = counts(databases)
    for path in (f"/tickets/{ticket_id}", f"/tickets/{uuid4()}"):
        assert (await ada.get(path)).status_code == 404
        for verb, body in (("cancel", {}), ("reopen", {"reason": "x"}), ("reschedule", {})):
            assert (await ada.post(f"{path}/{verb}", body)).status_code == 404
    assert (await ada.get("/tickets")).json()["items"] == []
    assert counts(databases) == before
