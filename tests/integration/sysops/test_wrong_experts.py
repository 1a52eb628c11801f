"""Whatever administrators change, nobody wrong stays on a ticket, and the next run finds another.

The referee of the assignment, which shares no code with the API, says who is wrong.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from api.kernel.messages import decode_envelope
from api.messages import TicketProgress, Window
from api.sysops.quantum import quantum
from orchestration.assignment import referee
from tests.api.support import bearer, client
from tests.api.sysops.conftest import PASSWORD, add_staff, settings_for
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.messaging import queued
from tests.world import add_expert, furnish

EVERY_DAY = [{"weekday": day, "starts_at": "08:00", "ends_at": "17:00"} for day in range(1, 8)]
NEXT_YEAR = (datetime.now(UTC).date() + timedelta(days=365)).isoformat()
PROFILE: dict[str, Any] = {
    "zip": "78701",
    "radius_km": 60,
    "skills": [{"skill": "laptop", "level": 3, "certified_until": NEXT_YEAR}],
    "shifts": EVERY_DAY,
}
LAPTOP_REPAIR: dict[str, Any] = {
    "name": "Laptop repair",
    "device_type": "laptop",
    "duration_minutes": 90,
    "required_skills": [{"skill": "laptop", "level": 2}],
}
# Two days on, where the first ticket's visit is not.
_DAY = datetime.now(ZoneInfo("America/Chicago")).replace(minute=0, second=0, microsecond=0)
_DAY += timedelta(days=2)
THAT_DAY = Window(_DAY.replace(hour=8), _DAY.replace(hour=17))
THAT_MORNING = Window(_DAY.replace(hour=8), _DAY.replace(hour=12))
LEVEL_4 = [{"skill": "laptop", "level": 4}]


@dataclass
class Desk:
    """An administrator's HTTP, an expert on the only ticket, and another one who could come."""

    http: httpx.AsyncClient
    databases: Databases
    headers: dict[str, str]
    sent: UUID
    other: UUID

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.http.request(method, f"/sysops{path}", json=body, headers=self.headers)

    async def keep(self, **changes: Any) -> httpx.Response:
        return await self.ask("PUT", f"/experts/{self.sent}", PROFILE | changes)

    def assigned(self) -> list[tuple[Any, ...]]:
        return self.databases.rows(
            "sysops", "SELECT expert_id FROM assignment WHERE status IN ('proposed', 'accepted')"
        )

    async def wrong(self) -> dict[str, int]:
        """Which hard rules are broken, and how often."""
        async with self.databases.sessions("sysops", "assigner") as opened, opened() as session:
            return {name: count for name, count in (await referee.verify(session)).items() if count}


@pytest.fixture
async def desk(databases: Databases) -> AsyncIterator[Desk]:
    furnish(databases)
    sent = add_expert(databases, "sent", level=3)
    add_staff(databases, "administrator")
    await open_tickets(databases, 1)
    await run(databases)
    other = add_expert(databases, "other", level=4, latitude=30.4)
    credentials = {"email": "administrator@squad.example", "password": PASSWORD}
    async with client(quantum, settings_for(databases)) as http:
        answer = await http.post("/sysops/sessions", json=credentials)
        headers = bearer(answer.json()["access_token"])
        desk = Desk(http, databases, headers, sent, other)
        assert desk.assigned() == [(sent,)]
        yield desk


CHANGES: dict[str, dict[str, Any]] = {
    "a lower level": {"skills": [{"skill": "laptop", "level": 1, "certified_until": NEXT_YEAR}]},
    "another skill": {"skills": [{"skill": "tv", "level": 5, "certified_until": NEXT_YEAR}]},
    "a certificate that ended": {
        "skills": [{"skill": "laptop", "level": 3, "certified_until": "2020-01-01"}]
    },
    "another home": {"zip": "10001"},
    "other hours": {"shifts": [{"weekday": 1, "starts_at": "05:00", "ends_at": "06:00"}]},
    "no hours": {"shifts": []},
    "not active": {"active": False},
}


async def assert_another_comes(desk: Desk) -> None:
    assert desk.assigned() == []
    assert await desk.wrong() == {}
    assert (await run(desk.databases)).assigned == 1
    assert desk.assigned() == [(desk.other,)]


@pytest.mark.parametrize("status", ["proposed", "accepted"])
@pytest.mark.parametrize("change", CHANGES)
async def test_an_expert_who_became_the_wrong_one_is_withdrawn(
    desk: Desk, change: str, status: str
) -> None:
    if status == "accepted":
        desk.databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
        desk.databases.execute("sysops", "UPDATE ticket SET status = 'accepted'")
    answer = await desk.keep(**CHANGES[change])
    assert answer.status_code == 200, answer.text
    await assert_another_comes(desk)


async def test_a_smaller_radius_withdraws_who_lives_too_far_away(desk: Desk) -> None:
    desk.databases.execute("sysops", "UPDATE ticket SET latitude = latitude + 0.3")
    assert await desk.wrong() == {}
    assert (await desk.keep(radius_km=20)).status_code == 200
    await assert_another_comes(desk)


async def test_time_off_withdraws_the_promised_visits_in_it_and_no_others(desk: Desk) -> None:
    desk.databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    desk.databases.execute("sysops", "UPDATE ticket SET status = 'accepted'")
    (start, end) = desk.databases.rows(
        "sysops", "SELECT lower(during), upper(during) FROM booking"
    )[0]
    path = f"/experts/{desk.sent}/time-off"
    after = {"start": end.isoformat(), "reason": "Holiday"}
    assert (await desk.ask("POST", path, after)).status_code == 201
    assert desk.assigned() == [(desk.sent,)]
    during = {"start": start.isoformat(), "end": end.isoformat(), "reason": "Dentist"}
    assert (await desk.ask("POST", path, during)).status_code == 201
    await assert_another_comes(desk)


async def test_more_visits_than_an_expert_takes_a_day_are_withdrawn_and_the_rest_stays(
    desk: Desk,
) -> None:
    desk.databases.execute("sysops", "UPDATE expert SET active = false WHERE id = %s", desk.other)
    await open_tickets(desk.databases, 3, THAT_DAY)
    assert (await run(desk.databases)).assigned == 3
    assert (await desk.keep(most_visits_a_day=2)).status_code == 200
    assert await desk.wrong() == {}
    days = desk.databases.rows(
        "sysops",
        "SELECT count(*) FROM booking"
        " GROUP BY (lower(during) AT TIME ZONE 'America/Chicago')::date ORDER BY 1 DESC",
    )
    assert days[0] == (2,)
    assert (await run(desk.databases)).assigned == 0
    assert (await desk.keep(most_visits_a_day=3)).status_code == 200
    assert (await run(desk.databases)).assigned == 1


async def test_work_that_takes_longer_is_withdrawn_where_the_day_cannot_hold_it(
    desk: Desk,
) -> None:
    """Half an hour each fits two visits with an hour's drive between; two hours do not."""
    desk.databases.execute("sysops", "UPDATE expert SET active = false WHERE id = %s", desk.other)
    desk.databases.execute("sysops", "UPDATE ticket_type SET duration_minutes = 30")
    await open_tickets(desk.databases, 2, THAT_MORNING)
    desk.databases.execute(
        "sysops",
        "UPDATE ticket SET latitude = latitude + 0.45"
        " WHERE id = (SELECT id FROM ticket WHERE status = 'open' ORDER BY id LIMIT 1)",
    )
    assert (await run(desk.databases)).assigned == 2
    path = "/catalogue/ticket-types/laptop-repair"
    answer = await desk.ask("PUT", path, LAPTOP_REPAIR | {"duration_minutes": 120})
    assert answer.status_code == 200
    assert await desk.wrong() == {}
    reasons = desk.databases.rows(
        "sysops", "SELECT reason FROM ticket_event WHERE reason LIKE '%%too much%%'"
    )
    assert len(reasons) == 1


@pytest.mark.parametrize("status", ["proposed", "accepted"])
async def test_other_required_skills_withdraw_who_lacks_them(desk: Desk, status: str) -> None:
    if status == "accepted":
        desk.databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
        desk.databases.execute("sysops", "UPDATE ticket SET status = 'accepted'")
    path = "/catalogue/ticket-types/laptop-repair"
    answer = await desk.ask("PUT", path, LAPTOP_REPAIR | {"required_skills": LEVEL_4})
    assert answer.status_code == 200
    await assert_another_comes(desk)


async def test_a_deactivated_member_of_staff_and_a_former_expert_make_no_visit(
    desk: Desk,
) -> None:
    assert (await desk.ask("POST", f"/staff/{desk.sent}/deactivation")).status_code == 200
    await assert_another_comes(desk)
    former = await desk.ask("PATCH", f"/staff/{desk.other}", {"roles": ["helpdesk"]})
    assert former.status_code == 200
    assert desk.assigned() == []
    assert (await run(desk.databases)).assigned == 0
    assert (await desk.ask("POST", f"/staff/{desk.sent}/activation")).status_code == 200
    assert (await run(desk.databases)).assigned == 0
    assert (await desk.keep()).status_code == 200
    assert (await run(desk.databases)).assigned == 1
    assert desk.assigned() == [(desk.sent,)]


async def test_a_change_that_harms_nobody_leaves_every_visit(desk: Desk) -> None:
    more = [*PROFILE["skills"], {"skill": "tv", "level": 1, "certified_until": NEXT_YEAR}]
    assert (await desk.keep(skills=more, radius_km=70)).status_code == 200
    path = "/catalogue/ticket-types/laptop-repair"
    level_3 = [{"skill": "laptop", "level": 3}]
    await desk.ask("PUT", path, LAPTOP_REPAIR | {"required_skills": level_3})
    assert desk.assigned() == [(desk.sent,)]
    assert await desk.wrong() == {}


async def test_a_visit_that_has_begun_goes_on(desk: Desk) -> None:
    desk.databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    desk.databases.execute("sysops", "UPDATE ticket SET status = 'in_progress'")
    assert (await desk.keep(radius_km=1, shifts=[])).status_code == 200
    assert desk.assigned() == [(desk.sent,)]


async def test_the_customer_is_told_why_and_the_expert_that_the_visit_is_off(desk: Desk) -> None:
    await desk.keep(active=False)
    told = [
        msgspec.json.decode(decode_envelope(payload).body, type=TicketProgress)
        for channel, payload in queued(desk.databases, "sysops", "customer")
        if channel == "ticket_progress"
    ]
    words = "The expert is not available any more. We look for another one."
    assert (told[-1].status, told[-1].reason) == ("open", words)
    assert desk.databases.rows(
        "sysops", "SELECT staff_id, kind FROM notification ORDER BY created_at DESC LIMIT 1"
    ) == [(desk.sent, "visit_off")]
    actor = desk.databases.rows(
        "sysops", "SELECT actor, reason FROM ticket_event ORDER BY version DESC LIMIT 1"
    )
    assert actor == [("administrator", words)]
