"""Articles are found by their words, whatever the typos, accents and endings."""

from typing import Any

import httpx
import pytest

from tests.api.sysops.conftest import SignIn
from tests.api.sysops.test_articles import Headers, headers, publish, step, write
from tests.databases import Databases
from tests.world import furnish

BATTERY = "The batteries of this laptop swell. Take the power brick off, then replace the battery."
CAFE = "Crumbs and <b>coffee</b> from the café get under the keys. Use compressed air."
TV: dict[str, Any] = {"device_type": "tv", "ticket_types": ["tv-repair"], "tags": ["screen"]}


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Headers:
    """The helpdesk, with three articles published."""
    furnish(databases)
    who = await headers(databases, sign_in, "helpdesk")
    await publish(sysops, who, title="Battery swells", body=BATTERY, keywords=["accumulator"])
    await publish(sysops, who, title="Keys that stick", body=CAFE)
    await publish(sysops, who, title="No picture", body="Replace the battery of the remote.", **TV)
    return who


async def search(sysops: httpx.AsyncClient, who: Headers, q: str, **other: Any) -> dict[str, Any]:
    answer = await sysops.get("/sysops/articles/search", params={"q": q, **other}, headers=who)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def titles(sysops: httpx.AsyncClient, who: Headers, q: str, **other: Any) -> list[str]:
    return [it["title"] for it in (await search(sysops, who, q, **other))["items"]]


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("replacing batteries", "Battery swells"),
        ("accumulator", "Battery swells"),
        ("batery swels", "Battery swells"),
        ("picutre", "No picture"),
        ("cafe", "Keys that stick"),
        ("CAFÉ", "Keys that stick"),
        ("compresed air", "Keys that stick"),
    ],
)
async def test_the_best_article_comes_first(
    sysops: httpx.AsyncClient, desk: Headers, typed: str, best: str
) -> None:
    assert (await titles(sysops, desk, typed))[0] == best


async def test_a_snippet_is_text_with_the_places_of_its_matches(
    sysops: httpx.AsyncClient, desk: Headers
) -> None:
    found = await search(sysops, desk, "cafe key")
    snippet = found["items"][0]["snippet"]
    marked = [snippet["text"][it["start"] : it["end"]] for it in snippet["matches"]]
    assert marked == ["café", "keys"]


async def test_filters_are_for_a_device_a_ticket_type_and_a_tag(
    sysops: httpx.AsyncClient, desk: Headers
) -> None:
    assert len(await titles(sysops, desk, "battery")) == 2
    assert len(await titles(sysops, desk, "battery", limit=1)) == 1
    assert await titles(sysops, desk, "battery", device_type="tv") == ["No picture"]
    assert await titles(sysops, desk, "battery", ticket_type="laptop-repair") == ["Battery swells"]
    assert await titles(sysops, desk, "battery", tag="screen") == ["No picture"]


async def test_only_what_is_published_now_is_found_as_it_is_now(
    sysops: httpx.AsyncClient, databases: Databases, desk: Headers
) -> None:
    draft = await write(sysops, desk, title="Zither")
    assert await titles(sysops, desk, "zither") == []
    for action in ("submit", "publish"):
        await step(sysops, draft, action, desk)
    assert await titles(sysops, desk, "zither") == ["Zither"]
    await sysops.put(
        f"/sysops/articles/{draft['id']}", json={"title": "Lute", "body": "."}, headers=desk
    )
    assert await titles(sysops, desk, "zither") == []
    assert await titles(sysops, desk, "lute") == ["Lute"]
    await step(sysops, draft, "archive", desk)
    assert await titles(sysops, desk, "lute") == []
    counted = databases.rows("sysops", "SELECT word, articles FROM article_word ORDER BY 1")
    real = databases.rows(
        "sysops",
        "SELECT word, ndoc FROM ts_stat('SELECT document FROM article_index') ORDER BY 1",
    )
    assert sorted(row for row in counted if row[1]) == sorted(real)


async def test_what_found_nothing_is_reported_without_numbers_of_people(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, desk: Headers
) -> None:
    for typed in ("Hovercraft eels", "hovercraft  EELS", "the", "ada@example.com +1 212 555 0123"):
        assert await titles(sysops, desk, typed) == []
    await titles(sysops, desk, "battery")
    report = "/sysops/articles/searches-without-results"
    rows = (await sysops.get(report, headers=desk)).json()
    assert (rows[0]["words"], rows[0]["times"]) == ("hovercraft eels", 2)
    assert {row["words"] for row in rows[1:]} == {"the", "(a number or an address)"}
    expert = await headers(databases, sign_in, "expert")
    assert (await sysops.get(report, headers=expert)).status_code == 403


async def test_words_that_are_everywhere_still_find_the_article_that_has_them_all(
    sysops: httpx.AsyncClient, databases: Databases, desk: Headers
) -> None:
    databases.execute(
        "sysops",
        "INSERT INTO article (title, body, status, author_id, created_at, updated_at) "
        "SELECT 'Note ' || n, CASE WHEN mod(n, 2) = 0 THEN 'gasket' ELSE 'flange' END, "
        "'published', (SELECT id FROM staff LIMIT 1), now(), now() FROM generate_series(1, 3000) n",
    )
    await publish(sysops, desk, title="Both", body="The gasket of the flange.")
    found = await titles(sysops, desk, "gasket flange", limit=5)
    assert (len(found), found[0]) == (5, "Both")
