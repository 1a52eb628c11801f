"""Two administrators do not undo one another's work without seeing it."""

from typing import Any

import httpx
import pytest

from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases

PLAN = {
    "name": "Basic", "price_cents": 1500, "interval": "month", "sla_hours": 48,
    "device_types": ["laptop"], "active": True,
}  # fmt: skip
WHERE = "/sysops/catalogue/plans/basic"


@pytest.fixture
async def keep(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Any:
    """Puts a plan, with the headers given."""
    databases.execute("sysops", "INSERT INTO device_type VALUES ('laptop', 'Laptop')")
    add_staff(databases, "administrator")
    signed_in = await sign_in("administrator@squad.example")

    async def put(headers: dict[str, str], **changes: Any) -> httpx.Response:
        return await sysops.put(WHERE, json=PLAN | changes, headers=signed_in | headers)

    return put


async def test_what_must_be_new_replaces_nothing(keep: Any) -> None:
    first = await keep({"If-None-Match": "*"})
    assert (first.status_code, first.json()["version"]) == (200, 1)
    again = await keep({"If-None-Match": "*"}, name="Mine")
    assert again.status_code == 412
    changed = await keep({"If-Match": first.headers["etag"]}, name="Mine")
    assert (changed.status_code, changed.json()["version"]) == (200, 2)


async def test_what_must_be_there_is_not_made(keep: Any, databases: Databases) -> None:
    assert (await keep({"If-Match": '"what I saw"'})).status_code == 412
    assert (await keep({"If-Match": "*"})).status_code == 412
    assert databases.rows("sysops", "SELECT count(*) FROM support_plan") == [(0,)]


async def test_a_condition_opens_no_door(
    sysops: httpx.AsyncClient, databases: Databases, keep: Any, sign_in: SignIn
) -> None:
    await keep({})
    add_staff(databases, "helpdesk")
    headers = await sign_in("helpdesk@squad.example") | {"If-Match": "*"}
    assert (await sysops.put(WHERE, json=PLAN, headers=headers)).status_code == 403
    assert (await sysops.put(WHERE, json=PLAN, headers={"If-Match": "*"})).status_code == 401
