"""Tickets that the helpdesk takes by phone."""

from typing import Any
from uuid import uuid4

import httpx

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.searching import index_all
from tests.databases import Databases
from tests.messaging import deliver, queued, send
from tests.world import AUSTIN, Household, furnish


def phone_ticket(home: Household) -> dict[str, Any]:
    return {
        "customer_id": str(home.customer_id),
        "contract_id": str(home.contract_id),
        "contact_name": "Ada Example",
        "contact_phone": "212 555 0123",
        "address": {"line1": AUSTIN.line1, "city": AUSTIN.city, "zip": AUSTIN.zip},
        "ticket_type": "laptop-repair",
        "description": "It does not start.",
    }


async def test_the_helpdesk_takes_a_ticket_by_phone_for_a_customer_it_finds(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, home: Household
) -> None:
    furnish(databases)
    await send(databases, home.directory(), home.entitlement())
    await deliver(databases, "customer", "sysops")
    add_staff(databases, "helpdesk")
    await index_all(databases)
    desk = await sign_in("helpdesk@squad.example")
    (found,) = (
        await sysops.get("/sysops/customers", params={"text": "ada ex"}, headers=desk)
    ).json()
    assert found["entitlements"][0]["contract_id"] == str(home.contract_id)
    answer = await sysops.post("/sysops/tickets", json=phone_ticket(home), headers=desk)
    assert answer.status_code == 201
    ticket = answer.json()
    assert (ticket["status"], ticket["channel"]) == ("open", "phone")
    assert [channel for channel, _ in queued(databases, "sysops", "customer")] == [
        "phone_ticket_created"
    ]
    detail = await sysops.get(f"/sysops/tickets/{ticket['id']}", headers=desk)
    assert detail.json()["events"][0]["actor"] == "helpdesk"


async def test_a_bad_phone_ticket_lists_every_error_and_writes_nothing(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, home: Household
) -> None:
    add_staff(databases, "helpdesk")
    desk = await sign_in("helpdesk@squad.example")
    bad = phone_ticket(home) | {"contact_phone": "12", "ticket_type": "", "cvv": "123"}
    bad["address"] = {"line1": "", "city": "Austin", "zip": "00000"}
    answer = await sysops.post("/sysops/tickets", json=bad, headers=desk)
    assert answer.status_code == 400
    assert pointers(answer) == {
        "/contact_phone",
        "/ticket_type",
        "/cvv",
        "/address/line1",
        "/address/zip",
    }
    unknown = await sysops.post("/sysops/tickets", json=phone_ticket(home), headers=desk)
    assert unknown.status_code == 422
    assert pointers(unknown) == {"/customer_id", "/contract_id", "/ticket_type"}
    assert databases.rows("sysops", "SELECT count(*) FROM ticket") == [(0,)]


async def test_a_contract_that_is_not_in_force_gets_no_visit(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, home: Household
) -> None:
    furnish(databases)
    await send(databases, home.directory(), home.entitlement())
    await deliver(databases, "customer", "sysops")
    databases.execute("sysops", "UPDATE entitlement SET standing = 'suspended'")
    add_staff(databases, "helpdesk")
    desk = await sign_in("helpdesk@squad.example")
    answer = await sysops.post("/sysops/tickets", json=phone_ticket(home), headers=desk)
    assert answer.status_code == 409


async def test_an_expert_may_not_take_phone_tickets_nor_the_helpdesk_accept_visits(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, home: Household
) -> None:
    add_staff(databases, "helpdesk")
    add_staff(databases, "expert")
    expert = await sign_in("expert@squad.example")
    desk = await sign_in("helpdesk@squad.example")
    taken = await sysops.post("/sysops/tickets", json=phone_ticket(home), headers=expert)
    accepted = await sysops.post(f"/sysops/visits/{uuid4()}/accept", headers=desk)
    assert (taken.status_code, accepted.status_code) == (403, 403)
