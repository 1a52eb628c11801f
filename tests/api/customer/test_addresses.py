"""Customers correct and remove their addresses, unless somebody is about to come there."""

from typing import Any
from uuid import uuid4

import pytest

from api.messages import CustomerChanged
from tests.api.customer.conftest import Customer, counts, sent
from tests.api.support import pointers
from tests.databases import Databases

OFFICE = {"line1": "350 5th Ave", "line2": "Floor 80", "city": "New York", "zip": "10118"}


async def office(one: Customer) -> str:
    answer = await one.post("/me/addresses", OFFICE)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def listed(one: Customer) -> list[str]:
    return [address["id"] for address in (await one.get("/me/addresses")).json()]


@pytest.mark.parametrize(
    ("right", "line2", "city"),
    [
        ({"line2": "Floor 81"}, "Floor 81", "New York"),
        ({"line2": None, "city": "NYC"}, None, "NYC"),
    ],
)
async def test_an_address_is_corrected_in_part_and_the_directory_hears_of_it(
    ada: Customer, databases: Databases, right: dict[str, Any], line2: str | None, city: str
) -> None:
    path = f"/me/addresses/{await office(ada)}"
    answer = await ada.patch(path, right)
    assert answer.status_code == 200
    assert (answer.json()["line1"], answer.json()["line2"], answer.json()["city"]) == (
        "350 5th Ave",
        line2,
        city,
    )
    told = sent(databases, CustomerChanged)[-1]
    assert (told.version, told.addresses[1].line2, told.addresses[1].city) == (3, line2, city)
    # The same again changes nothing, and nobody hears of it.
    assert (await ada.patch(path, right)).status_code == 200
    assert sent(databases, CustomerChanged)[-1].version == 3


async def test_a_bad_correction_lists_every_error(ada: Customer) -> None:
    body = {"line1": " ", "city": None, "zip": "10001"}
    answer = await ada.patch(f"/me/addresses/{await office(ada)}", body)
    assert answer.status_code == 400
    assert pointers(answer) == {"/line1", "/city", "/zip"}


async def test_a_removed_address_is_gone_from_the_profile_and_the_directory(
    ada: Customer, databases: Databases
) -> None:
    home, second = await ada.address_id(), await office(ada)
    assert (await ada.delete(f"/me/addresses/{second}")).status_code == 204
    assert await listed(ada) == [home]
    assert [it.zip for it in sent(databases, CustomerChanged)[-1].addresses] == ["78701"]
    assert (await ada.delete(f"/me/addresses/{second}")).status_code == 404
    assert (await ada.patch(f"/me/addresses/{second}", {})).status_code == 404
    answer = await ada.post("/contracts", {"plan_code": "plus", "address_id": second})
    assert pointers(answer) == {"/address_id"}


async def test_nobody_is_sent_to_a_removed_address(ada: Customer) -> None:
    body = await ada.ticket_body()
    second = await office(ada)
    await ada.delete(f"/me/addresses/{second}")
    answer = await ada.post("/tickets", body | {"address_id": second})
    assert answer.status_code == 422
    assert pointers(answer) == {"/address_id"}


async def test_a_removed_address_makes_room_for_another(ada: Customer) -> None:
    for _ in range(19):
        last = await office(ada)
    assert (await ada.post("/me/addresses", OFFICE)).status_code == 409
    await ada.delete(f"/me/addresses/{last}")
    assert (await ada.post("/me/addresses", OFFICE)).status_code == 201


@pytest.mark.parametrize(
    ("number", "named"), [(None, "a ticket without a number yet"), (100_042, "ticket 100042")]
)
async def test_an_address_that_an_open_ticket_needs_stays_as_it_is(
    ada: Customer, databases: Databases, number: int | None, named: str
) -> None:
    second = await office(ada)
    ticket = await ada.ticket_id(address_id=second)
    databases.execute("customer", "UPDATE ticket SET number = %s", number)
    before = (await ada.get("/me/addresses")).json(), counts(databases)
    for answer in (
        await ada.delete(f"/me/addresses/{second}"),
        await ada.patch(f"/me/addresses/{second}", {"line1": "351 5th Ave"}),
    ):
        assert answer.status_code == 409
        assert named in answer.json()["detail"]
    assert ((await ada.get("/me/addresses")).json(), counts(databases)) == before
    databases.execute("customer", "UPDATE ticket SET status = 'closed'")
    assert (await ada.delete(f"/me/addresses/{second}")).status_code == 204
    # The visit was there, and its ticket still says so.
    assert (await ada.get(f"/tickets/{ticket}")).json()["address_id"] == second


async def test_an_address_with_a_running_contract_stays(ada: Customer) -> None:
    contract, home = await ada.contract_id(), await ada.address_id()
    answer = await ada.delete(f"/me/addresses/{home}")
    assert answer.status_code == 409
    assert "plus" in answer.json()["detail"]
    await ada.post(f"/contracts/{contract}/cancel")
    assert (await ada.delete(f"/me/addresses/{home}")).status_code == 204
    assert await listed(ada) == []


async def test_nobody_touches_the_address_of_somebody_else(ada: Customer, bob: Customer) -> None:
    for address in (await bob.address_id(), str(uuid4())):
        assert (await ada.delete(f"/me/addresses/{address}")).status_code == 404
        assert (await ada.patch(f"/me/addresses/{address}", {"city": "X"})).status_code == 404
    assert len(await listed(bob)) == 1
