"""Customers register, sign in, and keep their profile and addresses."""

from typing import Any

import httpx
import pytest

from api.messages import CustomerChanged
from tests.api.customer.conftest import (
    PASSWORD,
    Customer,
    counts,
    join,
    registration,
    sent,
)
from tests.api.support import pointers
from tests.databases import Databases


@pytest.fixture
async def registered(customer: httpx.AsyncClient) -> Customer:
    return await join(customer)


async def test_a_customer_registers_signs_in_and_is_known(customer: httpx.AsyncClient) -> None:
    ada = await join(customer)
    me = (await ada.get("/me")).json()
    assert me["id"] == ada.id
    assert (me["email"], me["full_name"]) == ("ada@example.com", "Ada Example")
    assert (me["phone"], me["arrival_channel"]) == ("+15125550123", "sms")


async def test_the_answer_to_a_registration_shows_no_password(
    customer: httpx.AsyncClient, databases: Databases
) -> None:
    answer = await customer.post("/customer/accounts", json=registration())
    assert answer.status_code == 201
    assert "password" not in answer.text
    kept = databases.rows("customer", "SELECT password_hash FROM account")
    assert kept[0][0].startswith("$argon2id$")


async def test_the_zip_code_gives_state_coordinates_and_time_zone(registered: Customer) -> None:
    (address,) = (await registered.get("/me/addresses")).json()
    assert (address["line1"], address["city"], address["state"]) == (
        "1 Congress Ave",
        "Austin",
        "TX",
    )
    assert address["time_zone"] == "America/Chicago"
    assert address["latitude"] == pytest.approx(30.27, abs=0.1)
    assert address["longitude"] == pytest.approx(-97.74, abs=0.1)


async def test_sysops_learns_of_a_new_customer(registered: Customer, databases: Databases) -> None:
    (told,) = sent(databases, CustomerChanged)
    assert (str(told.customer_id), told.version) == (registered.id, 1)
    assert (told.full_name, told.email, told.phone) == (
        "Ada Example",
        "ada@example.com",
        "+15125550123",
    )
    assert [address.zip for address in told.addresses] == ["78701"]


@pytest.mark.parametrize("email", ["ada@example.com", "Ada@Example.COM"])
async def test_an_email_address_has_one_account_whatever_its_case(
    registered: Customer, databases: Databases, email: str
) -> None:
    before = counts(databases)
    answer = await registered.http.post("/customer/accounts", json=registration(email))
    assert answer.status_code == 409
    assert "Sign in instead" in answer.json()["detail"]
    assert counts(databases) == before


async def test_a_registration_lists_every_error_and_writes_nothing(
    customer: httpx.AsyncClient, databases: Databases
) -> None:
    before = counts(databases)
    body = {
        "email": "nobody",
        "password": "too shrt",
        "full_name": "  ",
        "phone": "12",
        "address": {"line1": "a\x00b", "zip": "00000", "country": "US"},
    }
    answer = await customer.post("/customer/accounts", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert pointers(answer) == {
        "/email",
        "/password",
        "/full_name",
        "/phone",
        "/address/line1",
        "/address/zip",
        "/address/city",
        "/address/country",
    }
    assert "too shrt" not in answer.text
    assert counts(databases) == before


@pytest.mark.parametrize(
    ("password", "status"),
    [("password1234", 400), ("ada@example.com", 422), ("all of EXAMPLE street", 422)],
)
async def test_a_password_that_is_tried_early_is_refused_in_words_that_help(
    customer: httpx.AsyncClient, databases: Databases, password: str, status: int
) -> None:
    answer = await customer.post("/customer/accounts", json=registration(password=password))
    assert answer.status_code == status
    assert pointers(answer) == {"/password"}
    assert "tried" in answer.json()["errors"][0]["detail"]
    assert counts(databases)["account"] == 0


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    registered: Customer,
) -> None:
    answers = [
        await registered.http.post(
            "/customer/sessions", json={"email": email, "password": password}
        )
        for email, password in (("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD))
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


async def test_signing_in_lists_every_error(customer: httpx.AsyncClient) -> None:
    answer = await customer.post("/customer/sessions", json={"email": "x", "otp": 1})
    assert answer.status_code == 400
    assert pointers(answer) == {"/email", "/password", "/otp"}


async def test_a_profile_changes_in_part_and_sysops_hears_what_concerns_it(
    registered: Customer, databases: Databases
) -> None:
    answer = await registered.patch(
        "/me", {"full_name": "Ada Lovelace", "arrival_channel": "email"}
    )
    assert answer.status_code == 200
    me = (await registered.get("/me")).json()
    assert answer.json() == me
    assert (me["full_name"], me["phone"], me["arrival_channel"]) == (
        "Ada Lovelace",
        "+15125550123",
        "email",
    )
    told = sent(databases, CustomerChanged)
    assert [(message.version, message.full_name) for message in told] == [
        (1, "Ada Example"),
        (2, "Ada Lovelace"),
    ]


@pytest.mark.parametrize("changes", [{}, {"arrival_channel": "email"}, {"phone": "5125550123"}])
async def test_sysops_hears_nothing_of_what_does_not_concern_it(
    registered: Customer, databases: Databases, changes: dict[str, Any]
) -> None:
    assert (await registered.patch("/me", changes)).status_code == 200
    assert len(sent(databases, CustomerChanged)) == 1


async def test_a_bad_change_lists_every_error_and_changes_nothing(
    ada: Customer, databases: Databases
) -> None:
    before = (await ada.get("/me")).json(), counts(databases)
    body = {"full_name": None, "phone": "x", "arrival_channel": "fax", "email": "b@example.com"}
    answer = await ada.patch("/me", body)
    assert answer.status_code == 400
    assert pointers(answer) == {"/full_name", "/phone", "/arrival_channel", "/email"}
    assert ((await ada.get("/me")).json(), counts(databases)) == before


async def test_a_second_address_goes_to_the_directory_with_a_new_version(
    ada: Customer, databases: Databases
) -> None:
    body = {"line1": "350 5th Ave", "line2": "Floor 80", "city": "New York", "zip": "10118"}
    answer = await ada.post("/me/addresses", body)
    assert answer.status_code == 201
    assert answer.json()["time_zone"] == "America/New_York"
    listed = (await ada.get("/me/addresses")).json()
    assert [address["zip"] for address in listed] == ["78701", "10118"]
    told = sent(databases, CustomerChanged)[-1]
    assert told.version == 2
    assert [address.line2 for address in told.addresses] == [None, "Floor 80"]


async def test_a_bad_address_lists_every_error_and_writes_nothing(
    ada: Customer, databases: Databases
) -> None:
    before = counts(databases)
    answer = await ada.post("/me/addresses", {"line1": "", "zip": "1", "latitude": 1})
    assert answer.status_code == 400
    assert pointers(answer) == {"/line1", "/zip", "/city", "/latitude"}
    assert counts(databases) == before


async def test_an_account_has_at_most_twenty_addresses(ada: Customer) -> None:
    body = {"line1": "1 Congress Ave", "city": "Austin", "zip": "78701"}
    answers = [(await ada.post("/me/addresses", body)).status_code for _ in range(20)]
    assert answers == [201] * 19 + [409]


async def test_customers_see_only_their_own_addresses(ada: Customer, bob: Customer) -> None:
    assert await ada.address_id() != await bob.address_id()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PATCH", "/me"),
        ("GET", "/me/addresses"),
        ("POST", "/me/addresses"),
        ("GET", "/contracts"),
        ("POST", "/contracts"),
        ("GET", "/cards"),
        ("POST", "/cards"),
        ("GET", "/tickets"),
        ("POST", "/tickets"),
        ("GET", "/statements"),
    ],
)
async def test_what_is_a_customers_own_needs_a_token(
    customer: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await customer.request(method, f"/customer{path}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_every_route_says_what_it_does(customer: httpx.AsyncClient) -> None:
    schema = (await customer.get("/docs/openapi.json")).json()
    routes = {
        f"{method.upper()} {path}": operation
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    }
    silent = [
        name
        for name, route in routes.items()
        if not route.get("summary") or not route.get("description")
    ]
    assert len(routes) >= 20
    assert silent == []
