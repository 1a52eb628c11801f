"""Customers choose, start and cancel support plans."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from api.messages import ContractChanged, EntitlementChanged
from tests.api.customer.conftest import Customer, counts
from tests.api.customer.conftest import sent as messages
from tests.api.support import pointers
from tests.databases import Databases


async def test_plans_are_shown_to_everybody_the_cheapest_first(
    customer: httpx.AsyncClient,
) -> None:
    plans = (await customer.get("/customer/plans")).json()
    assert [plan["code"] for plan in plans] == ["basic", "plus"]
    assert plans[1] == {
        "code": "plus",
        "name": "Plus",
        "price_cents": 2499,
        "currency": "USD",
        "interval": "month",
        "sla_hours": 96,
        "device_types": ["laptop", "tv"],
    }


async def test_ticket_types_are_shown_to_everybody_by_device(customer: httpx.AsyncClient) -> None:
    kinds = (await customer.get("/customer/ticket-types")).json()
    assert [kind["code"] for kind in kinds] == ["laptop-repair", "stereo-sound", "tv-picture"]


async def test_a_plan_starts_today_and_sysops_and_billing_hear_of_it(
    ada: Customer, databases: Databases
) -> None:
    address_id = await ada.address_id()
    answer = await ada.post("/contracts", {"plan_code": "plus", "address_id": address_id})
    assert answer.status_code == 201
    contract = answer.json()
    assert (contract["status"], contract["standing"]) == ("active", "good")
    assert (await ada.get("/contracts")).json() == [contract]
    (entitlement,) = messages(databases, EntitlementChanged)
    (agreed,) = messages(databases, ContractChanged)
    assert str(entitlement.contract_id) == str(agreed.contract_id) == contract["id"]
    assert (entitlement.status, entitlement.version) == ("active", 1)
    assert (agreed.plan_code, agreed.state, agreed.zip) == ("plus", "TX", "78701")
    assert agreed.effective_on.isoformat() == contract["starts_on"]


async def test_a_plan_runs_once_even_when_the_button_is_pressed_twice(
    ada: Customer, databases: Databases
) -> None:
    body = {"plan_code": "plus", "address_id": await ada.address_id()}
    answers = await asyncio.gather(*(ada.post("/contracts", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(messages(databases, ContractChanged)) == 1


async def test_a_cancelled_plan_ends_today_and_can_be_started_again(
    ada: Customer, databases: Databases
) -> None:
    contract_id = await ada.contract_id()
    answer = await ada.post(f"/contracts/{contract_id}/cancel")
    assert answer.status_code == 200
    ended = answer.json()
    assert ended["status"] == "cancelled"
    assert ended["ends_on"] == ended["starts_on"]
    last = messages(databases, ContractChanged)[-1]
    assert (last.status, last.version) == ("cancelled", 2)
    assert last.effective_on.isoformat() == ended["ends_on"]
    last_word = messages(databases, EntitlementChanged)[-1]
    assert (last_word.status, last_word.version) == ("cancelled", 2)
    assert await ada.contract_id() != contract_id


async def test_a_contract_is_cancelled_once(ada: Customer, databases: Databases) -> None:
    contract_id = await ada.contract_id()
    await ada.post(f"/contracts/{contract_id}/cancel")
    before = counts(databases)
    answer = await ada.post(f"/contracts/{contract_id}/cancel")
    assert answer.status_code == 409
    assert counts(databases) == before


async def test_a_contract_needs_a_plan_to_choose_and_an_address_of_ones_own(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    before = counts(databases)
    for plan, address in (("gone", await bob.address_id()), ("nothing", str(uuid4()))):
        answer = await ada.post("/contracts", {"plan_code": plan, "address_id": address})
        assert answer.status_code == 422
        assert pointers(answer) == {"/plan_code", "/address_id"}
    assert counts(databases) == before


async def test_a_bad_contract_lists_every_error(ada: Customer, databases: Databases) -> None:
    before = counts(databases)
    answer = await ada.post("/contracts", {"address_id": "home", "price": 1})
    assert answer.status_code == 400
    assert pointers(answer) == {"/plan_code", "/address_id", "/price"}
    assert counts(databases) == before


@pytest.mark.parametrize("whose", ["somebody else's", "nobody's"])
async def test_another_customers_contract_is_not_found(
    ada: Customer, bob: Customer, databases: Databases, whose: str
) -> None:
    contract_id = await bob.contract_id() if whose == "somebody else's" else uuid4()
    answer = await ada.post(f"/contracts/{contract_id}/cancel")
    assert answer.status_code == 404
    assert (await ada.get("/contracts")).json() == []
    assert {row[0] for row in databases.rows("customer", "SELECT status FROM contract")} <= {
        "active"
    }
