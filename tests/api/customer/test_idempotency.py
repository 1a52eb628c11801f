"""A request that is sent again has one effect and one answer."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.api.customer.conftest import PASSWORD, Customer, counts, registration
from tests.api.support import pointers
from tests.databases import Databases

CARD = {"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2040}


async def post(one: Customer, path: str, body: Any, key: str, **headers: str) -> httpx.Response:
    sent = {**one.headers, "Idempotency-Key": key, **headers}
    return await one.http.post(f"/customer{path}", json=body, headers=sent)


async def test_a_ticket_that_is_submitted_again_is_the_same_ticket(
    ada: Customer, databases: Databases
) -> None:
    body, key = await ada.ticket_body(), str(uuid4())
    first = await post(ada, "/tickets", body, key)
    before = counts(databases)
    again = await post(ada, "/tickets", body, key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert counts(databases) == before


async def test_twins_that_come_together_have_one_effect(
    ada: Customer, databases: Databases
) -> None:
    body, key = await ada.ticket_body(), str(uuid4())
    answers = await asyncio.gather(*(post(ada, "/tickets", body, key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert counts(databases)["ticket"] == 1


async def test_a_key_that_comes_with_another_request_is_refused(
    ada: Customer, databases: Databases
) -> None:
    body, key = await ada.ticket_body(), str(uuid4())
    await post(ada, "/tickets", body, key)
    before = counts(databases)
    other_body = await post(ada, "/tickets", body | {"description": "Something else."}, key)
    other_route = await post(ada, "/cards", body, key)
    for answer in (other_body, other_route):
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert "Use a new one" in answer.json()["detail"]
    assert counts(databases) == before


async def test_a_request_that_failed_leaves_its_key_free(ada: Customer) -> None:
    body, key = await ada.ticket_body(), str(uuid4())
    wrong = await post(ada, "/tickets", body | {"ticket_type": "no such trouble"}, key)
    right = await post(ada, "/tickets", body, key)
    assert (wrong.status_code, right.status_code) == (422, 201)
    assert "idempotency-replayed" not in right.headers


async def test_keys_of_different_customers_have_nothing_to_do_with_one_another(
    ada: Customer, bob: Customer
) -> None:
    key = "the same"
    hers = await post(ada, "/tickets", await ada.ticket_body(), key)
    his = await post(bob, "/tickets", await bob.ticket_body(), key)
    assert (hers.status_code, his.status_code) == (201, 201)
    assert hers.json()["id"] != his.json()["id"]


async def test_registering_again_after_a_lost_answer_is_no_conflict(
    customer: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    answers = [
        await customer.post("/customer/accounts", json=registration(), headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


async def test_neither_card_numbers_nor_passwords_nor_tokens_are_written_down(
    customer: httpx.AsyncClient, ada: Customer, databases: Databases
) -> None:
    assert (await post(ada, "/cards", CARD, "card")).status_code == 201
    headers = {"Idempotency-Key": "account"}
    body = registration("new@example.com")
    await customer.post("/customer/accounts", json=body, headers=headers)
    answer = await customer.post(
        "/customer/sessions",
        json={"email": "new@example.com", "password": PASSWORD},
        headers={"Idempotency-Key": "session"},
    )
    assert answer.status_code == 200
    rows = databases.rows("customer", "SELECT key, body FROM idempotency_key ORDER BY key")
    assert [key for key, _ in rows] == ["account", "card"]
    for _, kept in rows:
        assert b"4242424242" not in kept
        assert PASSWORD.encode() not in kept


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "späti"])
async def test_what_is_no_key_is_told_so_and_nothing_happens(
    key: str, ada: Customer, databases: Databases
) -> None:
    body = await ada.ticket_body()
    before = counts(databases)
    raw = [(name.encode(), value.encode()) for name, value in ada.headers.items()]
    raw.append((b"Idempotency-Key", key.encode()))
    answer = await ada.http.post("/customer/tickets", json=body, headers=raw)
    assert answer.status_code == 422
    assert pointers(answer) == {"/headers/Idempotency-Key"}
    assert counts(databases) == before


async def test_a_body_that_is_too_long_is_refused_with_a_key_too(ada: Customer) -> None:
    body = await ada.ticket_body(description="x" * 2_000_000)
    answer = await post(ada, "/tickets", body, "long")
    assert answer.status_code == 413


async def test_a_request_without_a_key_is_done_each_time(ada: Customer) -> None:
    body = await ada.ticket_body()
    first, second = [await ada.post("/tickets", body) for _ in range(2)]
    assert first.json()["id"] != second.json()["id"]
