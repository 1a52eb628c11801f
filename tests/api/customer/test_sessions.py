"""Customers sign in, stay signed in, and sign out; guessers wait."""

import asyncio
from collections.abc import Mapping
from typing import Any

import argon2
import httpx
import pytest

from tests import hashing
from tests.api.customer.conftest import PASSWORD, registration
from tests.api.support import bearer, pointers
from tests.databases import Databases

ADA = "ada@example.com"
NOBODY = "nobody@example.com"


@pytest.fixture
async def http(customer: httpx.AsyncClient) -> httpx.AsyncClient:
    """Ada has an account."""
    answer = await customer.post("/customer/accounts", json=registration(ADA))
    assert answer.status_code == 201, answer.text
    return customer


async def sign_in(
    http: httpx.AsyncClient, password: str = PASSWORD, email: str = ADA
) -> httpx.Response:
    return await http.post("/customer/sessions", json={"email": email, "password": password})


async def tokens(http: httpx.AsyncClient) -> dict[str, Any]:
    answer = await sign_in(http)
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    return given


async def refresh(http: httpx.AsyncClient, held: Mapping[str, Any]) -> httpx.Response:
    body = {"refresh_token": held["refresh_token"]}
    return await http.post("/customer/sessions/refresh", json=body)


async def sign_out(http: httpx.AsyncClient, held: Mapping[str, Any]) -> int:
    body = {"refresh_token": held["refresh_token"]}
    return (await http.post("/customer/sessions/sign-out", json=body)).status_code


def earlier(databases: Databases, seconds: int) -> None:
    """The wrong passwords came longer ago."""
    query = "UPDATE sign_in_failure SET last_at = last_at - make_interval(secs => %s)"
    databases.execute("customer", query, seconds)


async def test_signing_in_gives_a_token_to_act_with_and_one_to_stay_signed_in(
    http: httpx.AsyncClient,
) -> None:
    held = await tokens(http)
    assert (held["token_type"], held["expires_in"]) == ("Bearer", 900)
    assert held["refresh_expires_in"] == 30 * 86_400
    me = await http.get("/customer/me", headers=bearer(held["access_token"]))
    assert me.json()["id"] == held["account_id"]


async def test_a_refresh_token_is_exchanged_for_new_ones(http: httpx.AsyncClient) -> None:
    first = await tokens(http)
    second = (await refresh(http, first)).json()
    third = (await refresh(http, second)).json()
    assert len({held["refresh_token"] for held in (first, second, third)}) == 3
    me = await http.get("/customer/me", headers=bearer(third["access_token"]))
    assert me.status_code == 200


async def test_no_token_is_written_down(http: httpx.AsyncClient, databases: Databases) -> None:
    held = await tokens(http)
    rows = databases.rows("customer", "SELECT refresh_token::text FROM refresh_token")
    assert len(rows) == 1
    assert held["refresh_token"] not in rows[0][0]
    assert held["refresh_token"].encode().hex() not in rows[0][0]


async def test_a_token_used_twice_ends_all_that_came_of_it_and_nothing_else(
    http: httpx.AsyncClient,
) -> None:
    first, elsewhere = await tokens(http), await tokens(http)
    second = (await refresh(http, first)).json()
    again = await refresh(http, first)
    assert again.status_code == 401
    assert again.headers["www-authenticate"] == "Bearer"
    assert (await refresh(http, second)).status_code == 401
    assert (await refresh(http, elsewhere)).status_code == 200


async def test_two_at_once_with_one_token_are_two_hands(http: httpx.AsyncClient) -> None:
    held = await tokens(http)
    answers = await asyncio.gather(refresh(http, held), refresh(http, held))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await refresh(http, winner)).status_code == 401


async def test_a_refresh_token_ends_after_thirty_days(
    http: httpx.AsyncClient, databases: Databases
) -> None:
    held = await tokens(http)
    databases.execute("customer", "UPDATE refresh_token SET expires_at = now()")
    assert (await refresh(http, held)).status_code == 401


async def test_a_token_that_we_never_gave_gets_the_same_answer_as_one_that_is_over(
    http: httpx.AsyncClient,
) -> None:
    held = await tokens(http)
    await sign_out(http, held)
    over, unknown = await refresh(http, held), await refresh(http, {"refresh_token": "x" * 43})
    assert over.status_code == 401
    assert over.json() == unknown.json()


async def test_signing_out_ends_this_signing_in_alone(http: httpx.AsyncClient) -> None:
    here, elsewhere = await tokens(http), await tokens(http)
    assert await sign_out(http, here) == 204
    assert await sign_out(http, here) == 204
    assert await sign_out(http, {"refresh_token": "unknown"}) == 204
    assert (await refresh(http, here)).status_code == 401
    assert (await refresh(http, elsewhere)).status_code == 200


async def test_signing_out_everywhere_ends_every_signing_in_of_this_customer(
    http: httpx.AsyncClient,
) -> None:
    here, elsewhere = await tokens(http), await tokens(http)
    path = "/customer/sessions/sign-out-everywhere"
    assert (await http.post(path)).status_code == 401
    assert (await http.post(path, headers=bearer(here["access_token"]))).status_code == 204
    assert (await refresh(http, here)).status_code == 401
    assert (await refresh(http, elsewhere)).status_code == 401
    assert (await sign_in(http)).status_code == 200


@pytest.mark.parametrize("email", [ADA, NOBODY])
async def test_after_five_wrong_passwords_none_is_looked_at_for_a_while(
    http: httpx.AsyncClient, databases: Databases, email: str
) -> None:
    wrong = [await sign_in(http, "wrong", email) for _ in range(5)]
    assert [answer.status_code for answer in wrong] == [401] * 5
    refused = await sign_in(http, PASSWORD, email)
    assert refused.status_code == 429
    assert 25 <= int(refused.headers["retry-after"]) <= 30
    earlier(databases, 30)
    assert (await sign_in(http, "wrong", email)).status_code == 401
    longer = await sign_in(http, PASSWORD, email)
    assert longer.status_code == 429
    assert 55 <= int(longer.headers["retry-after"]) <= 60


async def test_an_address_without_an_account_is_locked_as_one_with_an_account(
    http: httpx.AsyncClient,
) -> None:
    answers = {
        email: [await sign_in(http, "wrong", email) for _ in range(6)] for email in (ADA, NOBODY)
    }
    known, unknown = ([(it.status_code, it.json()) for it in each] for each in answers.values())
    assert [status for status, _ in known] == [401] * 5 + [429]
    assert known == unknown


async def test_the_right_password_begins_the_count_again(
    http: httpx.AsyncClient, databases: Databases
) -> None:
    for _ in range(2):
        wrong = [await sign_in(http, "wrong") for _ in range(4)]
        assert [answer.status_code for answer in wrong] == [401] * 4
        assert (await sign_in(http)).status_code == 200
    assert databases.rows("customer", "SELECT count(*) FROM sign_in_failure") == [(0,)]


async def test_signing_in_renews_a_hash_that_was_made_with_less_work(
    http: httpx.AsyncClient, databases: Databases
) -> None:
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    databases.execute("customer", "UPDATE account SET password_hash = %s", weak)
    assert (await sign_in(http, "wrong")).status_code == 401
    assert databases.rows("customer", "SELECT password_hash FROM account") == [(weak,)]
    assert (await sign_in(http)).status_code == 200
    ((renewed,),) = databases.rows("customer", "SELECT password_hash FROM account")
    assert not hashing.CHEAP.check_needs_rehash(renewed)
    assert (await sign_in(http)).status_code == 200


async def test_guesses_at_once_are_counted_one_by_one(http: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(sign_in(http, "wrong") for _ in range(9)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 4


async def test_wrong_passwords_of_the_day_before_are_forgotten(
    http: httpx.AsyncClient, databases: Databases
) -> None:
    for _ in range(3):
        await sign_in(http, "wrong")
    earlier(databases, 86_400)
    await sign_in(http, "wrong")
    rows = databases.rows("customer", "SELECT failures FROM sign_in_failure")
    assert rows == [(1,)]


@pytest.mark.parametrize("path", ["refresh", "sign-out"])
async def test_a_body_without_its_token_lists_every_error(
    customer: httpx.AsyncClient, path: str
) -> None:
    answer = await customer.post(f"/customer/sessions/{path}", json={"token": "x"})
    assert answer.status_code == 400
    assert pointers(answer) == {"/token", "/refresh_token"}
