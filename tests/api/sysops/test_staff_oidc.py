"""Staff sign in through an OpenID provider: an account must be there, and its roles are ours."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from api.sysops.quantum import quantum
from tests import openid_provider
from tests.api.support import bearer, client
from tests.api.sysops.conftest import SignIn, add_staff, settings_for
from tests.databases import Databases
from tests.openid_provider import CLIENT_ID, SECRET, Provider

ADDRESS = "helpdesk@squad.example"


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with openid_provider.running() as running:
        running.knows(
            "heidi", email=ADDRESS, email_verified=True, name="Heidi", roles=["administrator"]
        )
        yield running


@dataclass(frozen=True)
class Desk:
    """The sysops API, and the browser in which its staff sign in at the provider."""

    http: httpx.AsyncClient
    provider: Provider

    async def sign_in(self, subject: str = "heidi") -> httpx.Response:
        begun = await self.http.post("/sysops/sessions/oidc", json={})
        assert begun.status_code == 201, begun.text
        returned = self.provider.sign_in(begun.json()["authorization_url"], subject)
        body = {"attempt": begun.json()["attempt"], **returned}
        return await self.http.post("/sysops/sessions/oidc/callback", json=body)


@pytest.fixture
async def desk(databases: Databases, provider: Provider) -> AsyncIterator[Desk]:
    settings = settings_for(databases).model_copy(
        update={
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(SECRET),
            "oidc_redirect_urls": "https://desk.example/signed-in",
        }
    )
    async with client(quantum, settings) as http:
        yield Desk(http, provider)


@pytest.fixture
def helpdesk(databases: Databases) -> UUID:
    """Heidi's account; she has set no password."""
    staff_id = add_staff(databases, "helpdesk")
    databases.execute("sysops", "UPDATE staff SET password_hash = NULL")
    return staff_id


def log(databases: Databases) -> list[tuple[Any, ...]]:
    query = "SELECT action, subject_id, before, after FROM audit_entry ORDER BY id"
    return databases.rows("sysops", query)


async def test_a_member_is_known_by_the_verified_address_once_and_keeps_the_roles_of_here(
    desk: Desk, databases: Databases, helpdesk: UUID
) -> None:
    answers = await asyncio.gather(desk.sign_in(), desk.sign_in())
    for answer in (*answers, await desk.sign_in()):
        assert answer.status_code == 200, answer.text
        held = answer.json()
        assert (held["staff_id"], held["roles"]) == (str(helpdesk), ["helpdesk"])
    me = await desk.http.get("/sysops/me", headers=bearer(held["access_token"]))
    assert me.json()["roles"] == ["helpdesk"]
    body = {"refresh_token": held["refresh_token"]}
    assert (await desk.http.post("/sysops/sessions/refresh", json=body)).status_code == 200
    after = {"issuer": desk.provider.issuer}
    assert log(databases) == [("staff.identity_linked", str(helpdesk), None, after)]


async def test_who_has_no_account_or_no_verified_address_is_not_let_in(
    desk: Desk, databases: Databases, helpdesk: UUID
) -> None:
    desk.provider.knows("stranger", email="stranger@squad.example", email_verified=True)
    desk.provider.knows("claimant", email=ADDRESS)
    for subject in ("stranger", "claimant", "nobody"):
        refused = await desk.sign_in(subject)
        assert refused.status_code == 403
        assert "Ask an administrator" in refused.json()["detail"]
    assert databases.rows("sysops", "SELECT count(*) FROM identity") == [(0,)]
    assert log(databases) == []


@pytest.mark.parametrize("linked", [True, False])
async def test_a_deactivated_member_stays_out(
    desk: Desk, databases: Databases, helpdesk: UUID, linked: bool
) -> None:
    if linked:
        assert (await desk.sign_in()).status_code == 200
    databases.execute("sysops", "UPDATE staff SET active = false")
    assert (await desk.sign_in()).status_code == 403
    databases.execute("sysops", "UPDATE staff SET active = true")
    assert (await desk.sign_in()).status_code == 200


async def test_an_administrator_lets_a_member_come_with_another_identity(
    desk: Desk, databases: Databases, sign_in: SignIn, helpdesk: UUID
) -> None:
    add_staff(databases, "administrator")
    headers = await sign_in("administrator@squad.example")
    desk.provider.knows("heidi-2", email=ADDRESS, email_verified=True)
    held = (await desk.sign_in()).json()
    assert (await desk.sign_in("heidi-2")).status_code == 409
    path = f"/sysops/staff/{helpdesk}/identity"
    assert (await desk.http.delete(path, headers=headers)).status_code == 204
    assert (await desk.http.delete(path, headers=headers)).status_code == 404
    body = {"refresh_token": held["refresh_token"]}
    assert (await desk.http.post("/sysops/sessions/refresh", json=body)).status_code == 401
    assert (await desk.sign_in("heidi-2")).status_code == 200
    assert (await desk.sign_in()).status_code == 409
    assert [entry[0] for entry in log(databases)] == [
        "staff.identity_linked",
        "staff.signed_out_everywhere",
        "staff.identity_unlinked",
        "staff.identity_linked",
    ]


async def test_without_a_provider_the_routes_say_so(sysops: httpx.AsyncClient) -> None:
    assert (await sysops.post("/sysops/sessions/oidc", json={})).status_code == 404
