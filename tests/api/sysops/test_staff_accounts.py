"""Administrators keep staff accounts, and what they take away is gone at once."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import PASSWORD, SignIn, add_staff
from tests.databases import Databases

HEIDI: dict[str, Any] = {
    "email": "heidi@squad.example",
    "full_name": "Heidi Moss",
    "phone": "+12125550177",
    "roles": ["helpdesk", "manager"],
}


class Office:
    """The accounts as an administrator reaches them."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str], own_id: UUID) -> None:
        self.http = http
        self.headers = headers
        self.own_id = own_id

    async def get(self, path: str = "", **filters: Any) -> httpx.Response:
        return await self.http.get(f"/sysops/staff{path}", params=filters, headers=self.headers)

    async def post(self, path: str = "", body: Any = None) -> httpx.Response:
        return await self.http.post(f"/sysops/staff{path}", json=body, headers=self.headers)

    async def patch(self, staff_id: object, body: Any) -> httpx.Response:
        return await self.http.patch(f"/sysops/staff/{staff_id}", json=body, headers=self.headers)

    async def actions(self) -> list[str]:
        """What the audit log says was done, the newest first."""
        answer = await self.http.get("/sysops/audit", headers=self.headers)
        return [entry["action"] for entry in answer.json()["items"]]


@pytest.fixture
async def office(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Office:
    own_id = add_staff(databases, "administrator")
    return Office(sysops, await sign_in("administrator@squad.example"), own_id)


async def test_an_account_is_made_found_changed_and_told_in_the_log(office: Office) -> None:
    made = await office.post(body=HEIDI)
    assert made.status_code == 201, made.text
    account = made.json()
    assert account.items() >= (HEIDI | {"active": True, "has_password": False}).items()
    assert (await office.get(f"/{account['id']}")).json() == account
    changed = await office.patch(account["id"], {"phone": "+12125550188", "roles": ["finance"]})
    assert (changed.json()["phone"], changed.json()["roles"]) == ("+12125550188", ["finance"])
    assert (changed.json()["full_name"]) == "Heidi Moss"
    assert (await office.patch(account["id"], {"roles": ["finance"]})).status_code == 200
    assert await office.actions() == ["staff.changed", "staff.created"]


async def test_accounts_are_listed_by_role_activity_and_text_page_by_page(
    office: Office, databases: Databases
) -> None:
    for role in ("helpdesk", "manager", "expert"):
        add_staff(databases, role)
    databases.execute("sysops", "UPDATE staff SET active = false WHERE roles = '{expert}'")

    async def names(**filters: Any) -> list[str]:
        return [it["full_name"] for it in (await office.get(**filters)).json()["items"]]

    assert await names(role="manager") == ["Some Manager"]
    assert await names(active=False) == ["Some Expert"]
    assert await names(text="HELP") == ["Some Helpdesk"]
    assert await names(text="manager@squad") == ["Some Manager"]
    assert await names(text="%") == []
    first = (await office.get(limit=3)).json()
    rest = (await office.get(limit=3, cursor=first["next_cursor"])).json()
    assert len({it["id"] for it in first["items"] + rest["items"]}) == 4
    assert rest["next_cursor"] is None


async def test_an_address_has_one_account_and_a_bad_body_lists_every_error(office: Office) -> None:
    await office.post(body=HEIDI)
    again = await office.post(body=HEIDI | {"email": "HEIDI@squad.example"})
    assert again.status_code == 409
    bad = await office.post(body={"email": "no", "full_name": " ", "phone": "1", "roles": ["king"]})
    assert bad.status_code == 400
    assert pointers(bad) == {"/email", "/full_name", "/phone", "/roles/0"}
    nobody = f"/{UUID(int=7)}"
    assert (await office.get(nobody)).status_code == 404
    assert (await office.patch(UUID(int=7), {})).status_code == 404
    for act in ("activation", "deactivation", "password-reset", "sign-out-everywhere"):
        assert (await office.post(f"{nobody}/{act}")).status_code == 404


@pytest.mark.parametrize("act", ["deactivation", "sign-out-everywhere"])
async def test_who_is_put_out_is_out_at_once_and_not_only_when_the_token_expires(
    office: Office, databases: Databases, sign_in: SignIn, act: str
) -> None:
    helpdesk = add_staff(databases, "helpdesk")
    headers = await sign_in("helpdesk@squad.example")
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 200
    assert (await office.post(f"/{helpdesk}/{act}")).status_code in {200, 204}
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 401
    credentials = {"email": "helpdesk@squad.example", "password": PASSWORD}
    answer = await office.http.post("/sysops/sessions", json=credentials)
    if act == "deactivation":
        assert answer.status_code == 401
        assert (await office.post(f"/{helpdesk}/activation")).json()["active"] is True
        assert (await office.http.get("/sysops/me", headers=headers)).status_code == 401
    again = await sign_in("helpdesk@squad.example")
    assert (await office.http.get("/sysops/me", headers=again)).status_code == 200


async def test_other_roles_need_a_new_sign_in(
    office: Office, databases: Databases, sign_in: SignIn
) -> None:
    manager = add_staff(databases, "manager")
    headers = await sign_in("manager@squad.example")
    await office.patch(manager, {"full_name": "Another Name"})
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 200
    await office.patch(manager, {"roles": ["helpdesk"]})
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 401


async def test_the_last_active_administrator_stays_one(
    office: Office, databases: Databases
) -> None:
    own = office.own_id
    assert (await office.post(f"/{own}/deactivation")).status_code == 409
    assert (await office.patch(own, {"roles": ["manager"]})).status_code == 409
    other = add_staff(databases, "administrator", "other@squad.example")
    assert (await office.post(f"/{other}/deactivation")).status_code == 200
    assert (await office.post(f"/{own}/deactivation")).status_code == 409
    assert (await office.post(f"/{other}/activation")).status_code == 200
    assert (await office.patch(own, {"roles": ["manager"]})).status_code == 200
    assert (await office.get()).status_code == 401


@pytest.mark.parametrize("role", ["helpdesk", "manager", "expert", "finance"])
async def test_only_administrators_keep_accounts(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    add_staff(databases, role)
    other = Office(sysops, await sign_in(f"{role}@squad.example"), UUID(int=7))
    assert (await other.get()).status_code == 403
    assert (await other.post(body=HEIDI)).status_code == 403
    assert (await other.patch(UUID(int=7), {})).status_code == 403
