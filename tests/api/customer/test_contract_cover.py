"""A contract says what it covers, running or ended."""

from tests.api.customer.conftest import Customer
from tests.databases import Databases

PLUS = {
    "code": "plus",
    "name": "Plus",
    "price_cents": 2499,
    "currency": "USD",
    "interval": "month",
    "sla_hours": 96,
    "device_types": ["laptop", "tv"],
}


async def test_a_contract_says_which_devices_it_covers_and_how_soon(ada: Customer) -> None:
    body = {"plan_code": "plus", "address_id": await ada.address_id()}
    started = (await ada.post("/contracts", body)).json()
    assert (started["covers"], started["ends_on"]) == (PLUS, None)
    assert (await ada.get("/contracts")).json() == [started]
    ended = (await ada.post(f"/contracts/{started['id']}/cancel")).json()
    assert (ended["covers"], ended["ends_on"]) == (PLUS, started["starts_on"])


async def test_the_cover_of_a_plan_that_is_sold_no_more_still_shows(
    ada: Customer, databases: Databases
) -> None:
    await ada.contract_id()
    databases.execute("customer", "UPDATE support_plan SET active = false, sla_hours = 72")
    (mine,) = (await ada.get("/contracts")).json()
    assert mine["covers"] == PLUS | {"sla_hours": 72}
    assert (await ada.get("/plans")).json() == []
