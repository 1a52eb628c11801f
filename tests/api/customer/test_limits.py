"""Whoever asks too often is told when to come again, and does not stand in anybody's way."""

from collections.abc import AsyncIterator

import httpx
import pytest

from api.customer.quantum import QuantumSettings, quantum
from tests.api.customer.conftest import Customer, settle
from tests.api.support import client
from tests.databases import Databases

RATES = {"requests_per_minute": 12, "anonymous_requests_per_minute": 4}


@pytest.fixture
async def strict(
    settings: QuantumSettings, databases: Databases
) -> AsyncIterator[httpx.AsyncClient]:
    """An API that lets a person ask three times at once, and an address once."""
    async with client(quantum, settings.model_copy(update=RATES)) as opened:
        yield opened


async def test_a_person_who_asks_too_often_is_told_when_to_come_again(
    strict: httpx.AsyncClient, databases: Databases
) -> None:
    ada = settle(strict, databases, "ada@example.com")
    bob = settle(strict, databases, "bob@example.com")
    answers = [await ada.get("/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["content-type"].startswith("application/problem+json")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 5
    assert (await bob.get("/me")).status_code == 200
    refused = await ada.patch("/me", {"full_name": "Ada Lovelace"})
    assert refused.status_code == 429
    assert (await bob.get("/me")).status_code == 200
    names = databases.rows("customer", "SELECT DISTINCT full_name FROM account")
    assert names == [("Ada Example",)]


async def test_nobody_tries_what_needs_no_signing_in_without_end(
    strict: httpx.AsyncClient, databases: Databases
) -> None:
    ada: Customer = settle(strict, databases, "ada@example.com")
    assert (await strict.get("/customer/plans")).status_code == 200
    body = {"email": "ada@example.com", "password": "a guess"}
    refused = await strict.post("/customer/sessions", json=body)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "15")
    assert databases.rows("customer", "SELECT count(*) FROM sign_in_failure") == [(0,)]
    assert (await ada.get("/me")).status_code == 200
