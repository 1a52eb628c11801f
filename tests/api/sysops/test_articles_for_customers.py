"""Customers find, read and judge the articles that are for them, and see nothing else."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.api.served import token
from tests.api.support import bearer, pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.test_articles import Headers, headers, publish, step, write
from tests.databases import Databases
from tests.world import furnish

BODY = "Hold the **power** button.\n\n<img src=x onerror=alert(1)> [help](javascript:alert(1))"


@dataclass(frozen=True)
class Help:
    """A customer who looks for help, and the desk that publishes it."""

    http: httpx.AsyncClient
    desk: Headers
    customer_id: UUID

    @property
    def ada(self) -> Headers:
        return bearer(token("customer", self.customer_id, "customer"))

    async def show(self, **other: Any) -> dict[str, Any]:
        """An article that is published for customers."""
        article = await write(self.http, self.desk, body=BODY, **other)
        await step(self.http, article, "submit", self.desk)
        answer = await self.http.post(
            f"/sysops/articles/{article['id']}/publish",
            json={"audience": "customers"},
            headers=self.desk,
        )
        assert answer.status_code == 200, answer.text
        published: dict[str, Any] = answer.json()
        return published

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(f"/sysops/help-articles{path}", params=query, headers=self.ada)

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(f"/sysops/help-articles{path}", json=body, headers=self.ada)

    async def search(self, q: str, **query: Any) -> dict[str, Any]:
        answer = await self.get("/search", q=q, **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def titles(self, q: str, **query: Any) -> list[str]:
        return [it["title"] for it in (await self.search(q, **query))["items"]]


@pytest.fixture
async def help_(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Help:
    furnish(databases)
    return Help(sysops, await headers(databases, sign_in, "helpdesk"), uuid4())


async def test_the_reviewer_decides_whom_an_article_is_for_and_may_think_again(
    help_: Help, databases: Databases
) -> None:
    internal = await publish(help_.http, help_.desk, title="Power for staff")
    assert internal["audience"] == "internal"
    shown = await help_.show(title="Power for all")
    address = f"/sysops/articles/{shown['id']}"
    assert await help_.titles("power") == ["Power for all"]
    back = await help_.http.put(
        f"{address}/audience", json={"audience": "internal"}, headers=help_.desk
    )
    assert back.json() == {"audience": "internal"}
    assert await help_.titles("power") == []
    kept = (await help_.http.get(f"{address}/versions", headers=help_.desk)).json()
    assert [it["audience"] for it in kept] == ["internal", "customers"]
    await help_.http.put(f"{address}/audience", json={"audience": "customers"}, headers=help_.desk)
    # What its author changed is reviewed anew, and nobody said yet that it is for customers.
    for action in ("archive", "restore", "submit", "publish"):
        again = await step(help_.http, shown, action, help_.desk)
    assert (again.status_code, again.json()["audience"]) == (200, "internal")
    query = "SELECT count(*) FROM audit_entry WHERE action = 'article.audience'"
    assert databases.rows("sysops", query) == [(2,)]


async def test_who_does_not_publish_does_not_decide_whom_it_is_for(
    help_: Help, databases: Databases, sign_in: SignIn
) -> None:
    expert = await headers(databases, sign_in, "expert")
    draft = await write(help_.http, expert)
    address = f"/sysops/articles/{draft['id']}/audience"
    wanted = {"audience": "customers"}
    assert (await help_.http.put(address, json=wanted, headers=expert)).status_code == 403
    assert (await help_.http.put(address, json=wanted, headers=help_.desk)).status_code == 409
    assert (await help_.http.get(address, headers=expert)).json() == {"audience": "internal"}


async def test_customers_find_what_is_for_them_by_device_and_ticket_type(help_: Help) -> None:
    await publish(help_.http, help_.desk, title="Secret power trick")
    await help_.show(title="Power of a laptop")
    await help_.show(title="Power of a TV", device_type="tv", ticket_types=["tv-repair"])
    await help_.show(title="Power of anything", device_type=None, ticket_types=[])
    of_a_tv = await help_.titles("pwoer", device_type="tv")
    of_a_laptop = await help_.titles("power", ticket_type="laptop-repair")
    assert sorted(of_a_tv) == ["Power of a TV", "Power of anything"]
    assert sorted(of_a_laptop) == ["Power of a laptop", "Power of anything"]
    typed = {"text": "The power is off since Monday", "device_type": "laptop"}
    suggested = (await help_.post("/suggestions", typed)).json()
    titles = {it["title"] for it in suggested["items"]}
    assert titles == {"Power of a laptop", "Power of anything"}
    assert suggested["search_id"] is None


async def test_customers_see_nothing_of_staff_or_of_what_is_not_for_them(
    help_: Help, databases: Databases
) -> None:
    shown = await help_.show()
    internal = await publish(help_.http, help_.desk)
    draft = await write(help_.http, help_.desk)
    for hidden in (internal, draft):
        for answer in (
            await help_.get(f"/{hidden['id']}"),
            await help_.get(f"/{hidden['id']}/vote"),
            await help_.post(f"/{hidden['id']}/solved", {}),
        ):
            assert answer.status_code == 404
    article = (await help_.get(f"/{shown['id']}")).json()
    assert article.keys() == {
        *("id", "title", "html", "device_type", "ticket_types", "updated_at"),
    }
    (item,) = (await help_.search("power"))["items"]
    assert item.keys() == {"id", "title", "snippet", "device_type", "ticket_types"}
    assert "corrections" not in await help_.search("pwoer")
    author = databases.rows("sysops", "SELECT author_id::text FROM article LIMIT 1")[0][0]
    assert author not in str(article)


async def test_an_article_is_read_as_html_that_cannot_do_harm(help_: Help) -> None:
    article = (await help_.get(f"/{(await help_.show())['id']}")).json()
    assert "<strong>power</strong>" in article["html"]
    assert "<img" not in article["html"]
    assert "href" not in article["html"]


async def test_it_did_ends_without_a_ticket_and_is_counted_once_for_its_search(
    help_: Help, databases: Databases
) -> None:
    article = await help_.show()
    await step(help_.http, article, "solved", help_.desk)
    search_id = (await help_.search("power"))["search_id"]
    for _ in range(2):
        answer = await help_.post(f"/{article['id']}/solved", {"search_id": search_id})
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await help_.post(f"/{article['id']}/solved", {})).status_code == 204
    address = f"/sysops/articles/{article['id']}/usefulness"
    counted = (await help_.http.get(address, headers=help_.desk)).json()
    assert (counted["solved"], counted["solved_online"]) == (3, 2)
    rows = databases.rows(
        "sysops", "SELECT said_by, query_id::text FROM article_solution ORDER BY solved_at"
    )
    assert rows == [("staff", None), ("customers", search_id), ("customers", None)]
    await help_.http.get("/sysops/articles/search?q=power", headers=help_.desk)
    of_staff = databases.rows(
        "sysops", "SELECT id::text FROM article_query WHERE asked_by = 'staff'"
    )[0][0]
    for unknown in (str(uuid4()), of_staff):
        answer = await help_.post(f"/{article['id']}/solved", {"search_id": unknown})
        assert (answer.status_code, pointers(answer)) == (422, {"/search_id"})


async def test_a_customer_has_one_vote_beside_those_of_staff(help_: Help) -> None:
    article = await help_.show()
    address = f"/sysops/help-articles/{article['id']}/vote"
    assert (await help_.get(f"/{article['id']}/vote")).json() == {"helpful": None}
    for helpful in (True, False):
        said = await help_.http.put(address, json={"helpful": helpful}, headers=help_.ada)
        assert (
            said.json()
            == {"helpful": helpful}
            == (await help_.get(f"/{article['id']}/vote")).json()
        )
    other = bearer(token("customer", uuid4(), "customer"))
    await help_.http.put(address, json={"helpful": True}, headers=other)
    usefulness = f"/sysops/articles/{article['id']}/usefulness"
    counted = (await help_.http.get(usefulness, headers=help_.desk)).json()
    assert (counted["helpful"], counted["not_helpful"]) == (0, 0)
    assert (counted["helpful_to_customers"], counted["not_helpful_to_customers"]) == (1, 1)


async def test_what_customers_search_is_kept_without_them_and_told_when_several_did(
    help_: Help, databases: Databases
) -> None:
    for typed in ("Ada Lovelace PF3XK21B", *["my  TOASTER"] * 3):
        assert await help_.titles(typed) == []
    rows = databases.rows("sysops", "SELECT words, asked_by FROM article_query ORDER BY id")
    assert rows == [("ada lovelace", "customers"), *[("my toaster", "customers")] * 3]
    columns = databases.rows(
        "sysops",
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'article_query'",
    )
    known = {"id", "words", "results", "asked_by", "asked_at", "forgotten", "row_xid"}
    assert {name for (name,) in columns} == known
    report = "/sysops/articles/searches-without-results"
    for query, words in (("", ["my toaster"]), ("?asked_by=staff", [])):
        answer = await help_.http.get(report + query, headers=help_.desk)
        assert [it["words"] for it in answer.json()] == words


async def test_a_customers_token_opens_articles_and_nothing_else_even_with_the_id_of_staff(
    help_: Help, databases: Databases
) -> None:
    boss = add_staff(databases, "administrator")
    as_boss = bearer(token("customer", boss, "customer", "administrator", "helpdesk"))
    for path in ("/sysops/me", "/sysops/staff", "/sysops/articles", "/sysops/tickets/" + str(boss)):
        answer = await help_.http.get(path, headers=as_boss)
        assert answer.status_code == 403, path
    assert (
        await help_.http.get("/sysops/help-articles/search?q=power", headers=as_boss)
    ).is_success


async def test_a_token_of_staff_is_no_customers_whatever_it_says(
    help_: Help, databases: Databases
) -> None:
    boss = add_staff(databases, "administrator")
    forged = bearer(token("sysops", boss, "administrator", "customer"))
    for who in (help_.desk, forged):
        answer = await help_.http.get("/sysops/help-articles/search?q=power", headers=who)
        assert answer.status_code == 403
    nobody = await help_.http.get("/sysops/help-articles/search?q=power")
    assert nobody.status_code == 401
