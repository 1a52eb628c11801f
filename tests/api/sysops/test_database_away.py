"""A full database, or a row that somebody else holds: try again, and nothing is half done."""

import asyncio
from uuid import UUID

import httpx
import pytest

from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases


@pytest.fixture
def office(databases: Databases) -> UUID:
    return add_staff(databases, "manager")


async def test_a_server_without_a_free_connection_is_said_to_be_away(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, office: UUID
) -> None:
    me = await sign_in("manager@squad.example")
    databases.execute("sysops", "ALTER ROLE sysops_api CONNECTION LIMIT 0")
    try:
        databases.rows(
            "sysops",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sysops_api'",
        )
        answer = await sysops.get("/sysops/me", headers=me)
        ready = await sysops.get("/health/ready")
    finally:
        databases.execute("sysops", "ALTER ROLE sysops_api CONNECTION LIMIT -1")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert ready.status_code == 503
    assert (await sysops.get("/sysops/me", headers=me)).json()["id"] == str(office)


async def test_a_row_that_somebody_holds_for_long_is_answered_with_try_again(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, office: UUID
) -> None:
    me = await sign_in("manager@squad.example")
    with databases.connect("sysops") as other, other.transaction():
        other.execute("LOCK TABLE staff")
        answer = await sysops.get("/sysops/me", headers=me)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


async def test_a_connection_that_died_is_replaced_before_a_request_uses_it(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, office: UUID
) -> None:
    me = await sign_in("manager@squad.example")

    async def ten() -> list[httpx.Response]:
        return await asyncio.gather(*(sysops.get("/sysops/me", headers=me) for _ in range(10)))

    # As many at once as the pool has connections, so that every one of them dies.
    await ten()
    died = databases.rows(
        "sysops",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sysops_api'",
    )
    answers = await ten() + await ten()
    assert died
    assert [answer.status_code for answer in answers] == [200] * 20
