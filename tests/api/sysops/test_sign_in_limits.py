"""Guessing a password takes longer and longer."""

import httpx
import pytest

from tests.api.sysops.conftest import PASSWORD, add_staff
from tests.databases import Databases

ADDRESS = "helpdesk@squad.example"


async def attempt(sysops: httpx.AsyncClient, password: str, email: str = ADDRESS) -> httpx.Response:
    return await sysops.post("/sysops/sessions", json={"email": email, "password": password})


def wait_it_out(databases: Databases) -> None:
    databases.execute(
        "sysops", "UPDATE sign_in_failure SET last_at = last_at - interval '30 seconds'"
    )


@pytest.mark.parametrize("email", [ADDRESS, "nobody@squad.example"])
async def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(
    sysops: httpx.AsyncClient, databases: Databases, email: str
) -> None:
    add_staff(databases, "helpdesk")
    for _ in range(5):
        assert (await attempt(sysops, "wrong", email)).status_code == 401
    refused = await attempt(sysops, PASSWORD, email.upper())
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    wait_it_out(databases)
    assert (await attempt(sysops, "wrong", email)).status_code == 401
    longer = await attempt(sysops, PASSWORD, email)
    assert 30 < int(longer.headers["Retry-After"]) <= 60


async def test_the_right_password_forgets_the_wrong_ones(
    sysops: httpx.AsyncClient, databases: Databases
) -> None:
    add_staff(databases, "helpdesk")
    for _ in range(2):
        for _ in range(4):
            assert (await attempt(sysops, "wrong")).status_code == 401
        assert (await attempt(sysops, PASSWORD)).status_code == 200
    assert databases.rows("sysops", "SELECT count(*) FROM sign_in_failure") == [(0,)]


async def test_others_sign_in_meanwhile_and_failures_of_the_day_before_do_not_count(
    sysops: httpx.AsyncClient, databases: Databases
) -> None:
    add_staff(databases, "helpdesk")
    add_staff(databases, "manager")
    for _ in range(5):
        await attempt(sysops, "wrong")
    assert (await attempt(sysops, PASSWORD, "manager@squad.example")).status_code == 200
    databases.execute("sysops", "UPDATE sign_in_failure SET last_at = now() - interval '1 day'")
    assert (await attempt(sysops, "wrong")).status_code == 401
    assert databases.rows("sysops", "SELECT failures FROM sign_in_failure") == [(1,)]
