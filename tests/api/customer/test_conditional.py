"""What several people or tabs may change is only changed as it was seen."""

import asyncio

import httpx
import pytest

from tests.api.customer.conftest import Customer
from tests.databases import Databases


async def patch(one: Customer, path: str, body: object, **headers: str) -> httpx.Response:
    sent = {**one.headers, **{name.replace("_", "-"): it for name, it in headers.items()}}
    return await one.http.patch(f"/customer{path}", json=body, headers=sent)


async def test_a_client_that_has_the_answer_already_gets_no_body(ada: Customer) -> None:
    first = await ada.get("/me")
    headers = {**ada.headers, "If-None-Match": f'"another", {first.headers["etag"]}'}
    again = await ada.http.get("/customer/me", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await ada.patch("/me", {"full_name": "Ada Lovelace"})
    changed = await ada.http.get("/customer/me", headers=headers)
    assert (changed.status_code, changed.json()["full_name"]) == (200, "Ada Lovelace")


async def test_a_change_is_made_to_what_was_seen_and_to_nothing_else(ada: Customer) -> None:
    seen = (await ada.get("/me")).headers["etag"]
    first = await patch(ada, "/me", {"full_name": "Ada Lovelace"}, If_Match=seen)
    assert (first.status_code, first.json()["full_name"]) == (200, "Ada Lovelace")
    assert first.headers["etag"] == (await ada.get("/me")).headers["etag"] != seen
    stale = await patch(ada, "/me", {"full_name": "Ada King"}, If_Match=seen)
    assert stale.status_code == 412
    assert stale.headers["content-type"].startswith("application/problem+json")
    assert "Get it again" in stale.json()["detail"]
    assert (await ada.get("/me")).json()["full_name"] == "Ada Lovelace"
    more = await patch(ada, "/me", {"full_name": "Ada King"}, If_Match=first.headers["etag"])
    assert more.status_code == 200
    assert (await patch(ada, "/me", {"full_name": "Ada"}, If_Match="*")).status_code == 200


async def test_of_changes_at_once_to_the_same_thing_one_is_made(
    ada: Customer, databases: Databases
) -> None:
    seen = (await ada.get("/me")).headers["etag"]
    names = [f"Ada the {number}th" for number in range(6)]
    answers = await asyncio.gather(
        *(patch(ada, "/me", {"full_name": name}, If_Match=seen) for name in names)
    )
    made = [answer.json()["full_name"] for answer in answers if answer.status_code == 200]
    assert databases.rows("customer", "SELECT full_name FROM account") == [(made[0],)]
    assert len(made) == 1
    assert {answer.status_code for answer in answers} <= {200, 412, 503}


async def test_what_was_changed_is_not_removed_unseen(ada: Customer) -> None:
    where = f"/me/addresses/{await ada.address_id()}"
    seen = (await ada.get(where)).headers["etag"]
    await ada.patch(where, {"line2": "Apt 2"})
    headers = {**ada.headers, "If-Match": seen}
    refused = await ada.http.delete(f"/customer{where}", headers=headers)
    assert refused.status_code == 412
    assert (await ada.get(where)).json()["line2"] == "Apt 2"


async def test_somebody_elses_thing_is_no_more_there_with_a_condition(
    ada: Customer, bob: Customer
) -> None:
    where = f"/me/addresses/{await ada.address_id()}"
    assert (await bob.get(where)).status_code == 404
    refused = await patch(bob, where, {"line2": "Apt 2"}, If_Match="*")
    assert refused.status_code == 412
    assert (await ada.get(where)).json()["line2"] is None


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
async def test_where_nothing_is_shown_there_is_nothing_to_compare(
    ada: Customer, databases: Databases, name: str
) -> None:
    ((identity,),) = databases.rows(
        "customer",
        "INSERT INTO identity (issuer, subject, linked_at, account_id)"
        " VALUES ('https://id.example', 'ada', now(), %s) RETURNING id",
        ada.id,
    )
    headers = {**ada.headers, name: '"whatever"'}
    refused = await ada.http.delete(f"/customer/me/identities/{identity}", headers=headers)
    assert (refused.status_code, "without conditions" in refused.text) == (412, True)
    assert [it["id"] for it in (await ada.get("/me/identities")).json()] == [str(identity)]
