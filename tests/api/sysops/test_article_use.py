"""Articles are suggested while a ticket is typed, and what they were good for is counted."""

import httpx

from tests.api.sysops.conftest import SignIn
from tests.api.sysops.test_articles import headers, publish, step, write
from tests.databases import Databases
from tests.world import furnish


async def test_what_is_typed_of_a_ticket_suggests_articles_and_is_not_kept(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    await publish(sysops, desk, title="Sound without a picture", body="Check the backlight.")
    typed = {"text": "My screen has no pictuer since Monday, but the sound is there."}
    for device, count in (("laptop", 1), ("tv", 0)):
        answer = await sysops.post(
            "/sysops/articles/suggestions", json=typed | {"device_type": device}, headers=desk
        )
        assert (answer.status_code, len(answer.json()["items"])) == (200, count)
    assert databases.rows("sysops", "SELECT count(*) FROM article_query") == [(0,)]


async def test_a_call_that_an_article_ended_is_counted_without_a_ticket(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    article = await publish(sysops, desk)
    await step(sysops, article, "solved", desk)
    answer = await step(sysops, article, "solved", desk)
    assert (answer.status_code, answer.json()["solved"]) == (201, 2)
    assert databases.rows("sysops", "SELECT count(*) FROM ticket") == [(0,)]
    draft = await write(sysops, desk)
    assert (await step(sysops, draft, "solved", desk)).status_code == 404


async def test_everybody_has_one_vote_and_may_change_it(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    furnish(databases)
    desk = await headers(databases, sign_in, "helpdesk")
    expert = await headers(databases, sign_in, "expert")
    address = f"/sysops/articles/{(await publish(sysops, desk))['id']}"
    for who, helpful in ((desk, True), (expert, True), (expert, False)):
        await sysops.put(f"{address}/vote", json={"helpful": helpful}, headers=who)
    counted = (await sysops.get(f"{address}/usefulness", headers=expert)).json()
    assert {name for name, times in counted.items() if times} == {"helpful", "not_helpful"}
    assert (counted["helpful"], counted["not_helpful"]) == (1, 1)
