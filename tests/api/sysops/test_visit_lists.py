"""What an expert sees: visits by day, one with its history while it is theirs, and past ones."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.api.sysops.conftest import HASH, SignIn
from tests.api.sysops.lives import HOUR, proposed, time_passes
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import Household, add_expert, household

HOME = ZoneInfo("America/Chicago")


@pytest.fixture
async def eve(expert: UUID, sign_in: SignIn) -> dict[str, str]:
    del expert
    return await sign_in("eve@squad.example")


async def another_ticket(databases: Databases, home: Household) -> UUID:
    ticket = home.ticket()
    await send(databases, home.directory(), home.entitlement(), ticket)
    await deliver(databases, "customer", "sysops")
    return ticket.ticket_id


async def done(
    http: httpx.AsyncClient, databases: Databases, visit: str, headers: dict[str, str], **body: Any
) -> None:
    """Accept, start and complete a visit."""
    for act, said in (("accept", None), ("start", None), ("complete", body)):
        answer = await http.post(f"/sysops/visits/{visit}/{act}", json=said, headers=headers)
        assert answer.status_code == 200, answer.text


def day(begins_in: timedelta) -> str:
    return (datetime.now(UTC) + begins_in).astimezone(HOME).date().isoformat()


async def test_visits_come_by_window_and_by_day_with_all_that_is_needed_to_go_there(
    sysops: httpx.AsyncClient,
    databases: Databases,
    eve: dict[str, str],
    home: Household,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    other = await another_ticket(databases, home)
    in_two_days = await proposed(databases, ticket_id, expert, 48 * HOUR)
    soon = await proposed(databases, other, expert)

    async def listed(**days: str) -> list[str]:
        answer = await sysops.get("/sysops/visits", params=days, headers=eve)
        return [visit["id"] for visit in answer.json()]

    (first, second) = (await sysops.get("/sysops/visits", headers=eve)).json()
    assert [first["id"], second["id"]] == [soon, in_two_days]
    assert (first["contact_name"], first["contact_phone"]) == ("Ada Example", "+12125550123")
    assert first["address"]["line1"] == "1 Congress Ave"
    assert (first["device_type"], first["device_name"]) == ("laptop", "Laptop")
    assert (first["ticket_type_name"], first["description"]) == (
        "Laptop repair",
        "It does not start.",
    )
    assert (first["preferred_windows"], first["bring"], first["travel_km"]) == ([], [], 3.2)
    today, later = day(HOUR / 4), day(48 * HOUR)
    assert await listed(**{"from": later}) == [in_two_days]
    assert await listed(to=today) == [soon]
    assert await listed(**{"from": today, "to": later}) == [soon, in_two_days]
    assert await listed(**{"from": "9999-12-31", "to": "9999-12-31"}) == []
    wrong = await sysops.get("/sysops/visits", params={"from": later, "to": today}, headers=eve)
    assert wrong.status_code == 422
    odd = await sysops.get("/sysops/visits", params={"from": "soon"}, headers=eve)
    assert odd.status_code == 400


async def test_an_expert_comes_prepared_and_sees_it_only_while_the_visit_is_theirs(
    sysops: httpx.AsyncClient,
    databases: Databases,
    eve: dict[str, str],
    home: Household,
    ticket_id: UUID,
    expert: UUID,
    sign_in: SignIn,
) -> None:
    before = await proposed(databases, ticket_id, expert)
    parts = [{"name": "Battery", "part_number": "B-1", "quantity": 1}]
    await done(sysops, databases, before, eve, resolution="New battery.", parts=parts)
    stranger = await another_ticket(databases, household())
    await done(
        sysops, databases, await proposed(databases, stranger, expert), eve, resolution="Dust."
    )
    again = await another_ticket(databases, home)
    wes = add_expert(databases, "wes")
    databases.execute("sysops", "UPDATE staff SET password_hash = %s", HASH)
    visit = await proposed(databases, again, wes)
    his = await sign_in("wes@squad.example")
    seen = (await sysops.get(f"/sysops/visits/{visit}", headers=his)).json()
    assert seen["visit"]["id"] == visit
    (earlier,) = seen["history"]
    assert (earlier["resolution"], earlier["status"]) == ("New battery.", "resolved")
    (made,) = earlier["visits"]
    assert (made["expert_name"], made["outcome"], made["parts"]) == ("Eve", "resolved", parts)
    assert (seen["earlier_visits"], seen["notes"], earlier["articles"]) == ([], [], [])
    assert (await sysops.get(f"/sysops/visits/{visit}", headers=eve)).status_code == 404
    await done(sysops, databases, visit, his, resolution="New board.")
    over = await sysops.get(f"/sysops/visits/{visit}", headers=his)
    assert over.status_code == 404
    assert "past" in over.json()["detail"]


async def test_past_visits_are_paged_and_keep_what_was_done_but_not_who_lives_there(
    sysops: httpx.AsyncClient,
    databases: Databases,
    eve: dict[str, str],
    home: Household,
    ticket_id: UUID,
    expert: UUID,
) -> None:
    made = []
    for ticket in (ticket_id, await another_ticket(databases, home)):
        made.append(await proposed(databases, ticket, expert))
        await done(sysops, databases, made[-1], eve, resolution="New battery.")
    lost = await proposed(databases, await another_ticket(databases, home), expert)
    await sysops.post(f"/sysops/visits/{lost}/accept", headers=eve)
    time_passes(databases, lost, HOUR)
    await sysops.post(f"/sysops/visits/{lost}/no-show", json={"reason": "Nobody."}, headers=eve)

    async def page(**parameters: Any) -> dict[str, Any]:
        answer = await sysops.get("/sysops/visits/past", params=parameters, headers=eve)
        found: dict[str, Any] = answer.json()
        return found

    first = await page(limit=2)
    assert [it["id"] for it in first["items"]] == [lost, made[1]]
    rest = await page(limit=2, cursor=first["next_cursor"])
    assert ([it["id"] for it in rest["items"]], rest["next_cursor"]) == ([made[0]], None)
    nobody, repaired = first["items"]
    assert (nobody["outcome"], nobody["note"], nobody["resolution"]) == (
        "customer_absent",
        "Nobody.",
        None,
    )
    assert (repaired["outcome"], repaired["resolution"]) == ("resolved", "New battery.")
    assert (repaired["city"], repaired["zip"]) == ("Austin", "78701")
    assert not {"contact_name", "contact_phone", "address"} & repaired.keys()
