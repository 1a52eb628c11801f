"""Those who solve tickets write articles, the helpdesk publishes them, all staff read them."""

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
    "ticket_types": ["laptop-repair"],
    "tags": ["Quick  Fix", "quick-fix"],
    "keywords": ["Dead", "power brick"],
}
Headers = dict[str, str]


async def headers(
    databases: Databases, sign_in: SignIn, role: str, email: str | None = None
) -> Headers:
    email = email or f"{role}@squad.example"
    add_staff(databases, role, email)
    return await sign_in(email)


async def step(
    sysops: httpx.AsyncClient, article: dict[str, Any], action: str, who: Headers
) -> httpx.Response:
    return await sysops.post(f"/sysops/articles/{article['id']}/{action}", headers=who)


async def write(sysops: httpx.AsyncClient, who: Headers, **other: Any) -> dict[str, Any]:
    answer = await sysops.post("/sysops/articles", json=ARTICLE | other, headers=who)
    assert answer.status_code == 201, answer.text
    article: dict[str, Any] = answer.json()
    return article


async def publish(sysops: httpx.AsyncClient, desk: Headers, **other: Any) -> dict[str, Any]:
    """An article that the helpdesk wrote and published."""
    article = await write(sysops, desk, **other)
    for action in ("submit", "publish"):
        answer = await step(sysops, article, action, desk)
        assert answer.status_code == 200, answer.text
    published: dict[str, Any] = answer.json()
    return published


async def test_an_experts_draft_is_reviewed_and_published_by_the_helpdesk(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    expert = await headers(databases, sign_in, "expert")
    desk = await headers(databases, sign_in, "helpdesk")
    manager = await headers(databases, sign_in, "manager")
    article = await write(sysops, expert)
    assert (article["status"], article["version"]) == ("draft", 0)
    assert (article["tags"], article["keywords"]) == (["quick-fix"], ["dead", "power brick"])
    assert article["allowed_actions"] == ["submit"]
    submitted = (await step(sysops, article, "submit", expert)).json()
    assert (submitted["status"], submitted["allowed_actions"]) == ("in_review", ["send_back"])
    refused = await step(sysops, article, "publish", expert)
    assert refused.status_code == 403
    waiting = await sysops.get("/sysops/articles?status=in_review", headers=desk)
    assert [it["id"] for it in waiting.json()["items"]] == [article["id"]]
    published = (await step(sysops, article, "publish", desk)).json()
    assert (published["status"], published["version"]) == ("published", 1)
    found = (await sysops.get("/sysops/articles", headers=manager)).json()
    assert [it["body"] for it in found["items"]] == [ARTICLE["body"]]
    assert found["items"][0]["allowed_actions"] == []
    log = databases.rows("sysops", "SELECT action FROM audit_entry ORDER BY id")
    assert [row[0] for row in log] == ["article.submit", "article.publish"]


async def test_a_refused_step_says_which_are_allowed(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    article = await write(sysops, desk)
    refused = await step(sysops, article, "publish", desk)
    assert refused.status_code == 409
    assert refused.json()["allowed"] == ["archive", "submit"]


async def test_every_save_of_a_published_article_is_a_version_that_stays_readable(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    expert = await headers(databases, sign_in, "expert")
    article = await publish(sysops, desk)
    address = f"/sysops/articles/{article['id']}"
    for body in ("Press it for a minute.", "Press it for a minute.", "Pull the plug."):
        saved = await sysops.put(address, json=ARTICLE | {"body": body}, headers=desk)
        assert saved.status_code == 200
    assert saved.json()["version"] == 3
    kept = (await sysops.get(f"{address}/versions", headers=expert)).json()
    assert [(it["version"], it["body"]) for it in kept] == [
        (3, "Pull the plug."),
        (2, "Press it for a minute."),
        (1, ARTICLE["body"]),
    ]
    refused = await sysops.put(address, json=ARTICLE, headers=expert)
    assert refused.status_code == 403


async def test_an_archived_article_is_found_no_more_and_can_come_back_as_a_draft(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    expert = await headers(databases, sign_in, "expert")
    article = await publish(sysops, desk)
    await step(sysops, article, "archive", desk)
    address = f"/sysops/articles/{article['id']}"
    assert (await sysops.get(address, headers=expert)).status_code == 404
    assert (await sysops.put(address, json=ARTICLE, headers=desk)).status_code == 409
    for action in ("restore", "submit", "publish"):
        answer = await step(sysops, article, action, desk)
    assert answer.json()["version"] == 2


async def test_a_draft_is_its_authors_and_the_publishers(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    author = await headers(databases, sign_in, "expert")
    other = await headers(databases, sign_in, "expert", "other@squad.example")
    desk = await headers(databases, sign_in, "helpdesk")
    article = await write(sysops, author)
    address = f"/sysops/articles/{article['id']}"
    changed = ARTICLE | {"title": "Changed"}
    seen = [(await sysops.get(address, headers=who)).status_code for who in (author, other, desk)]
    assert seen == [200, 404, 200]
    saved = [
        (await sysops.put(address, json=changed, headers=who)).status_code
        for who in (author, other, desk)
    ]
    assert saved == [200, 404, 200]
    assert (await step(sysops, article, "submit", other)).status_code == 404
    for who, count in ((author, 1), (other, 0), (desk, 1)):
        drafts = await sysops.get("/sysops/articles?status=draft", headers=who)
        assert len(drafts.json()["items"]) == count


async def test_articles_are_listed_page_by_page_for_a_device_a_ticket_type_and_a_tag(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    await publish(sysops, desk, title="Laptop")
    tv: dict[str, Any] = {"device_type": "tv", "ticket_types": ["tv-repair"], "tags": ["picture"]}
    await publish(sysops, desk, title="TV", **tv)
    await publish(sysops, desk, title="All", device_type=None, ticket_types=[], tags=["manners"])

    async def titles(**query: Any) -> list[str]:
        cursor, found = None, []
        while True:
            page = {"limit": 1, "cursor": cursor} if cursor else {"limit": 1}
            answer = await sysops.get("/sysops/articles", params=query | page, headers=desk)
            found += [it["title"] for it in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return found

    assert await titles() == ["All", "TV", "Laptop"]
    assert await titles(device_type="laptop") == ["All", "Laptop"]
    assert await titles(ticket_type="tv-repair") == ["All", "TV"]
    assert await titles(tag="picture") == ["TV"]


async def test_a_bad_article_lists_every_error_and_writes_nothing(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    expert = await headers(databases, sign_in, "expert")
    bad = {"title": " ", "body": "NUL \0", "status": "published", "tags": ["x" * 41]}
    answer = await sysops.post("/sysops/articles", json=bad, headers=expert)
    wrong = {"/title", "/body", "/status", "/tags/0"}
    assert (answer.status_code, pointers(answer)) == (400, wrong)
    unknown = await sysops.post("/sysops/articles", json=ARTICLE, headers=expert)
    assert (unknown.status_code, pointers(unknown)) == (422, {"/device_type", "/ticket_types/0"})
    assert databases.rows("sysops", "SELECT count(*) FROM article") == [(0,)]


@pytest.mark.parametrize("role", ["finance", "manager"])
async def test_who_solves_no_tickets_writes_nothing(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    other = await headers(databases, sign_in, role)
    answer = await sysops.post("/sysops/articles", json=ARTICLE, headers=other)
    assert answer.status_code == 403
