"""Staff sign in and are known by their token."""

import httpx
import pytest

from api.kernel.auth import STAFF_ROLES
from tests.api.support import pointers
from tests.api.sysops.conftest import PASSWORD, SignIn, add_staff
from tests.databases import Databases


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
async def test_staff_sign_in_and_see_who_they_are(
    role: str, sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    add_staff(databases, role)
    answer = await sysops.get("/sysops/me", headers=await sign_in(f"{role}@squad.example"))
    assert answer.status_code == 200
    assert answer.json()["roles"] == [role]


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    sysops: httpx.AsyncClient, databases: Databases
) -> None:
    add_staff(databases, "helpdesk")
    answers = [
        await sysops.post("/sysops/sessions", json={"email": email, "password": "wrong"})
        for email in ("helpdesk@squad.example", "nobody@squad.example")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


async def test_an_inactive_member_of_staff_cannot_sign_in(
    sysops: httpx.AsyncClient, databases: Databases
) -> None:
    add_staff(databases, "expert")
    databases.execute("sysops", "UPDATE staff SET active = false")
    answer = await sysops.post(
        "/sysops/sessions", json={"email": "expert@squad.example", "password": PASSWORD}
    )
    assert answer.status_code == 401


async def test_a_bad_body_gets_a_problem_that_lists_every_error(
    sysops: httpx.AsyncClient,
) -> None:
    answer = await sysops.post("/sysops/sessions", json={"email": "no address", "extra": 1})
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert pointers(answer) == {"/email", "/password", "/extra"}


async def test_what_needs_a_token_says_so(sysops: httpx.AsyncClient) -> None:
    answer = await sysops.get("/sysops/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    forged = await sysops.get("/sysops/me", headers={"Authorization": "Bearer a.b.c"})
    assert forged.status_code == 401


async def test_the_process_is_live_and_ready_and_its_docs_need_no_other_host(
    sysops: httpx.AsyncClient,
) -> None:
    assert (await sysops.get("/health/live")).status_code == 200
    assert (await sysops.get("/health/ready")).json()["quanta"] == ["sysops"]
    page = await sysops.get("/docs/")
    assert page.status_code == 200
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    assert "https://" not in page.text
    assert (await sysops.get("/docs-assets/swagger-ui.css")).status_code == 200
