"""Staff stay signed in and sign out, and what ends an account's tokens ends them at once."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from tests.api.support import bearer
from tests.api.sysops.conftest import PASSWORD, SignIn, add_staff
from tests.databases import Databases

ADDRESS = "helpdesk@squad.example"


@pytest.fixture
def helpdesk(databases: Databases) -> UUID:
    return add_staff(databases, "helpdesk")


async def tokens(sysops: httpx.AsyncClient) -> dict[str, Any]:
    body = {"email": ADDRESS, "password": PASSWORD}
    answer = await sysops.post("/sysops/sessions", json=body)
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    return given


async def send(sysops: httpx.AsyncClient, route: str, held: Mapping[str, Any]) -> httpx.Response:
    body = {"refresh_token": held["refresh_token"]}
    return await sysops.post(f"/sysops/sessions/{route}", json=body)


async def refresh(sysops: httpx.AsyncClient, held: Mapping[str, Any]) -> httpx.Response:
    return await send(sysops, "refresh", held)


async def test_a_member_stays_signed_in_for_a_working_day_at_a_time(
    sysops: httpx.AsyncClient, databases: Databases, helpdesk: UUID
) -> None:
    first = await tokens(sysops)
    assert (first["expires_in"], first["refresh_expires_in"]) == (900, 12 * 3600)
    answer = await refresh(sysops, first)
    assert answer.status_code == 200
    second = answer.json()
    assert second.keys() == first.keys()
    assert (second["staff_id"], second["roles"]) == (str(helpdesk), ["helpdesk"])
    me = await sysops.get("/sysops/me", headers=bearer(second["access_token"]))
    assert me.json()["id"] == str(helpdesk)
    kept = databases.rows("sysops", "SELECT refresh_token::text FROM refresh_token")
    for held in (first, second):
        assert all(held["refresh_token"].encode().hex() not in row[0] for row in kept)
    databases.execute("sysops", "UPDATE refresh_token SET expires_at = now()")
    assert (await refresh(sysops, second)).status_code == 401


async def test_a_token_used_twice_ends_all_that_came_of_it_and_nothing_else(
    sysops: httpx.AsyncClient, helpdesk: UUID
) -> None:
    held, elsewhere = await tokens(sysops), await tokens(sysops)
    answers = await asyncio.gather(refresh(sysops, held), refresh(sysops, held))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await refresh(sysops, winner)).status_code == 401
    assert (await refresh(sysops, elsewhere)).status_code == 200


async def test_signing_out_ends_this_signing_in_alone(
    sysops: httpx.AsyncClient, helpdesk: UUID
) -> None:
    here, elsewhere = await tokens(sysops), await tokens(sysops)
    for held in (here, here, {"refresh_token": "unknown"}):
        assert (await send(sysops, "sign-out", held)).status_code == 204
    assert (await refresh(sysops, here)).status_code == 401
    assert (await refresh(sysops, elsewhere)).status_code == 200


async def test_a_member_signs_out_everywhere_and_it_is_in_the_log(
    sysops: httpx.AsyncClient, databases: Databases, helpdesk: UUID
) -> None:
    here, elsewhere = await tokens(sysops), await tokens(sysops)
    path, headers = "/sysops/sessions/sign-out-everywhere", bearer(here["access_token"])
    assert (await sysops.post(path)).status_code == 401
    assert (await sysops.post(path, headers=headers)).status_code == 204
    assert (await sysops.get("/sysops/me", headers=headers)).status_code == 401
    for held in (here, elsewhere):
        assert (await refresh(sysops, held)).status_code == 401
    again = await tokens(sysops)
    assert (await refresh(sysops, again)).status_code == 200
    entries = databases.rows("sysops", "SELECT actor_id, action, subject_id FROM audit_entry")
    assert entries == [(helpdesk, "staff.signed_out_everywhere", str(helpdesk))]


@pytest.mark.parametrize("act", ["deactivation", "sign-out-everywhere", "roles"])
async def test_what_an_administrator_takes_away_ends_refresh_tokens_for_good(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, helpdesk: UUID, act: str
) -> None:
    add_staff(databases, "administrator")
    headers = await sign_in("administrator@squad.example")
    held = await tokens(sysops)
    account = f"/sysops/staff/{helpdesk}"
    if act == "roles":
        answer = await sysops.patch(account, json={"roles": ["manager"]}, headers=headers)
    else:
        answer = await sysops.post(f"{account}/{act}", headers=headers)
    assert answer.is_success
    await sysops.post(f"{account}/activation", headers=headers)
    assert (await refresh(sysops, held)).status_code == 401
    fresh = await tokens(sysops)
    renewed = (await refresh(sysops, fresh)).json()
    roles = ["manager"] if act == "roles" else ["helpdesk"]
    assert renewed["roles"] == roles
    claims = jwt.decode(renewed["access_token"], options={"verify_signature": False})
    assert claims["roles"] == roles


async def test_whoever_signs_in_while_the_account_is_put_out_is_out_too(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, helpdesk: UUID
) -> None:
    add_staff(databases, "administrator")
    headers = await sign_in("administrator@squad.example")
    credentials = {"email": ADDRESS, "password": PASSWORD}
    entered, put_out = await asyncio.gather(
        sysops.post("/sysops/sessions", json=credentials),
        sysops.post(f"/sysops/staff/{helpdesk}/deactivation", headers=headers),
    )
    assert put_out.status_code == 200
    if entered.status_code == 200:
        assert (await refresh(sysops, entered.json())).status_code == 401
    live = "SELECT count(*) FROM refresh_token WHERE revoked_at IS NULL"
    assert databases.rows("sysops", live) == [(0,)]
