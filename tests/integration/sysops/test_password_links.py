"""An invitation or a reset arrives by mail, and its code sets a password once."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.sysops.quantum import quantum
from tests.api.support import bearer, client, pointers
from tests.api.sysops.conftest import PASSWORD, add_staff, settings_for
from tests.databases import Databases
from tests.integration.sysops.test_staff_notifications import received, sandbox
from tests.messaging import deliver

__all__ = ["sandbox"]

NEW = "a few other words"
HEIDI: dict[str, Any] = {
    "email": "heidi@squad.example",
    "full_name": "Heidi Moss",
    "phone": "+12125550177",
    "roles": ["helpdesk"],
}


class Office:
    """The sysops API as an administrator reaches it, and the mail that leaves it."""

    def __init__(self, http: httpx.AsyncClient, databases: Databases, mail: str) -> None:
        self.http = http
        self.databases = databases
        self._mail = mail
        self._seen: set[str] = set()
        self.headers: dict[str, str] = {}

    async def sign_in(self, email: str, password: str) -> httpx.Response:
        return await self.http.post("/sysops/sessions", json={"email": email, "password": password})

    async def post(self, path: str, body: object = None) -> httpx.Response:
        return await self.http.post(f"/sysops{path}", json=body, headers=self.headers)

    async def set_password(self, token: str, password: str = NEW) -> httpx.Response:
        return await self.http.post(
            "/sysops/passwords", json={"token": token, "password": password}
        )

    async def token(self) -> str:
        """The code of the mail that was sent last."""
        await deliver(self.databases, "sysops", "sysops")
        mails = await received(self._mail)
        texts = [mail["text"].replace("\r\n", "\n") for mail in mails]
        codes: list[list[str]] = [re.findall(r"^[\w-]{43}$", text, re.MULTILINE) for text in texts]
        (new,) = {code for (code,) in codes} - self._seen
        self._seen.add(new)
        return new


@pytest.fixture
async def office(databases: Databases, sandbox: str) -> AsyncIterator[Office]:
    add_staff(databases, "administrator")
    async with client(quantum, settings_for(databases)) as http:
        office = Office(http, databases, sandbox)
        answer = await office.sign_in("administrator@squad.example", PASSWORD)
        office.headers = bearer(answer.json()["access_token"])
        yield office


async def invite(office: Office) -> str:
    answer = await office.post("/staff", HEIDI)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_who_is_invited_sets_a_password_once_and_signs_in(office: Office) -> None:
    await invite(office)
    assert (await office.sign_in(HEIDI["email"], NEW)).status_code == 401
    token = await office.token()
    assert (await office.set_password(token)).status_code == 204
    assert (await office.sign_in(HEIDI["email"], NEW)).status_code == 200
    again = await office.set_password(token, "another password for Heidi")
    assert (again.status_code, pointers(again)) == (422, {"/token"})
    entries = (await office.http.get("/sysops/audit", headers=office.headers)).json()["items"]
    assert [it["action"] for it in entries] == ["staff.password_set", "staff.created"]


async def test_the_code_is_in_the_mail_and_nowhere_else(
    office: Office, databases: Databases
) -> None:
    await invite(office)
    token = await office.token()
    kept = databases.rows("sysops", "SELECT token_hash FROM password_link")
    assert kept == [(hashlib.sha256(token.encode()).digest(),)]
    for table in ("notification", "password_link", "audit_entry", "staff"):
        rows = databases.rows("sysops", f"SELECT row_to_json(t)::text FROM {table} t")
        assert not any(token in row[0] for row in rows)


async def test_a_code_ends_by_time_and_by_a_newer_one(office: Office, databases: Databases) -> None:
    heidi = await invite(office)
    first = await office.token()
    assert (await office.post(f"/staff/{heidi}/password-reset")).status_code == 202
    assert (await office.set_password(first)).status_code == 422
    second = await office.token()
    databases.execute("sysops", "UPDATE password_link SET expires_at = now()")
    assert (await office.set_password(second)).status_code == 422
    databases.execute("sysops", "UPDATE password_link SET expires_at = now() + interval '1 minute'")
    databases.execute("sysops", "UPDATE staff SET active = false WHERE id = %s", heidi)
    assert (await office.set_password(second)).status_code == 422
    assert (await office.post(f"/staff/{heidi}/password-reset")).status_code == 409


async def test_a_link_replaced_before_its_mail_left_sends_no_mail(
    office: Office, databases: Databases
) -> None:
    heidi = await invite(office)
    await office.post(f"/staff/{heidi}/password-reset")
    assert (await office.set_password(await office.token())).status_code == 204
    sent = databases.rows("sysops", "SELECT status FROM notification ORDER BY created_at")
    assert sent == [("overtaken",), ("sent",)]


async def test_a_reset_ends_tokens_and_lock_out_once_the_new_password_is_set(
    office: Office,
) -> None:
    heidi = await invite(office)
    await office.set_password(await office.token())
    signed_in = await office.sign_in(HEIDI["email"], NEW)
    headers = bearer(signed_in.json()["access_token"])
    held = {"refresh_token": signed_in.json()["refresh_token"]}
    for _ in range(6):
        locked = await office.sign_in(HEIDI["email"], "wrong")
    assert locked.status_code == 429
    await office.post(f"/staff/{heidi}/password-reset")
    token = await office.token()
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 200
    for bad, status in (("short", 400), ("iloveyouiloveyou", 400), ("a horse for heidi", 422)):
        refused = await office.set_password(token, bad)
        assert (refused.status_code, pointers(refused)) == (status, {"/password"})
    assert (await office.set_password(token, "quite another password")).status_code == 204
    assert (await office.http.get("/sysops/me", headers=headers)).status_code == 401
    assert (await office.post("/sessions/refresh", held)).status_code == 401
    assert (await office.sign_in(HEIDI["email"], "quite another password")).status_code == 200


async def test_a_code_is_good_once_also_for_two_at_once_and_beside_a_sign_in(
    office: Office, databases: Databases
) -> None:
    await invite(office)
    token = await office.token()
    *set_, tried = await asyncio.gather(
        office.set_password(token),
        office.set_password(token),
        office.sign_in(HEIDI["email"], "wrong"),
    )
    assert sorted(answer.status_code for answer in set_) == [204, 422]
    assert tried.status_code == 401
    assert databases.rows("sysops", "SELECT count(*) FROM password_link") == [(0,)]
