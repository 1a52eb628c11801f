"""Staff find published articles; experts and administrators publish them."""

from typing import Any

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.world import furnish

ARTICLE: dict[str, Any] = {
    "title": "A laptop that does not start",
    "body": "Hold the power button for 30 seconds, **then** change the battery.",
    "device_type": "laptop",
}


async def headers(databases: Databases, sign_in: SignIn, role: str) -> dict[str, str]:
    add_staff(databases, role)
    return await sign_in(f"{role}@squad.example")


async def test_an_expert_publishes_what_others_find_by_device(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    expert = await headers(databases, sign_in, "expert")
    general = {"title": "Be on time", "body": "Ring ahead."}
    for article in (ARTICLE, ARTICLE | {"title": "No picture", "device_type": "tv"}, general):
        answer = await sysops.post("/sysops/articles", json=article, headers=expert)
        assert answer.status_code == 201
    desk = await headers(databases, sign_in, "helpdesk")
    found = await sysops.get("/sysops/articles", params={"device_type": "laptop"}, headers=desk)
    assert [it["title"] for it in found.json()] == ["Be on time", ARTICLE["title"]]
    everything = (await sysops.get("/sysops/articles", headers=desk)).json()
    assert len(everything) == 3
    assert everything[-1]["body"] == ARTICLE["body"]


async def test_drafts_are_nobodys_to_read(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    expert = await headers(databases, sign_in, "expert")
    await sysops.post("/sysops/articles", json=ARTICLE, headers=expert)
    databases.execute("sysops", "UPDATE article SET status = 'draft'")
    assert (await sysops.get("/sysops/articles", headers=expert)).json() == []


async def test_a_bad_article_lists_every_error_and_writes_nothing(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    expert = await headers(databases, sign_in, "expert")
    bad = {"title": " ", "body": "NUL \0", "status": "published"}
    answer = await sysops.post("/sysops/articles", json=bad, headers=expert)
    assert (answer.status_code, pointers(answer)) == (400, {"/title", "/body", "/status"})
    unknown = await sysops.post("/sysops/articles", json=ARTICLE, headers=expert)
    assert (unknown.status_code, pointers(unknown)) == (422, {"/device_type"})
    assert databases.rows("sysops", "SELECT count(*) FROM article") == [(0,)]


@pytest.mark.parametrize("role", ["helpdesk", "manager"])
async def test_who_solves_no_tickets_publishes_nothing(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    other = await headers(databases, sign_in, role)
    answer = await sysops.post("/sysops/articles", json=ARTICLE, headers=other)
    assert answer.status_code == 403
