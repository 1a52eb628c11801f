"""A visit from the way there to its end: on the way, nobody home, nobody came, parts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from api.messages import Window
from api.sysops.tickets.missed import withdraw_missed
from api.sysops.tickets.visit_rules import next_visit_from
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.lives import (
    HOUR,
    events,
    progress,
    proposed,
    status_of,
    time_passes,
    told_staff,
)
from tests.databases import Databases

DAY = 24 * HOUR


class Eve:
    """The expert at work on one visit."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self.http, self.headers = http, headers

    async def does(self, visit: str, act: str, body: Any = None) -> httpx.Response:
        url = f"/sysops/visits/{visit}/{act}"
        return await self.http.post(url, json=body, headers=self.headers)

    async def accepted(
        self, databases: Databases, ticket_id: UUID, expert: UUID, begins_in: timedelta = HOUR / 4
    ) -> str:
        visit = await proposed(databases, ticket_id, expert, begins_in)
        answer = await self.does(visit, "accept")
        assert answer.status_code == 200, answer.text
        return visit


@pytest.fixture
async def eve(sysops: httpx.AsyncClient, expert: UUID, sign_in: SignIn) -> Eve:
    del expert
    return Eve(sysops, await sign_in("eve@squad.example"))


async def give_up(databases: Databases) -> int:
    """What the assignment job does with visits to which nobody came."""
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        return await withdraw_missed(session, datetime.now(UTC))


async def test_the_customer_hears_that_the_expert_is_on_the_way_and_the_state_stays(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert)
    answer = await eve.does(visit, "on-the-way")
    assert answer.json()["ticket_status"] == "accepted"
    told = progress(databases)[-1]
    assert (told.action, told.status, told.version) == ("set_out", "accepted", 4)
    assert told.set_out_at == datetime.fromisoformat(answer.json()["set_out_at"])
    assert (told.expert_name, told.accepted_version) == ("Eve", 3)
    again = await eve.does(visit, "on-the-way")
    assert (again.status_code, status_of(databases, ticket_id)) == (409, ("accepted", 4))
    await eve.does(visit, "start")
    late = (await eve.does(visit, "on-the-way")).json()
    assert late["detail"] == "A ticket that is in progress cannot have an expert on the way."
    assert late["allowed"] == ["complete", "follow_up"]
    begun = progress(databases)[-1]
    assert (begun.status, begun.set_out_at, begun.accepted_version) == (
        "in_progress",
        told.set_out_at,
        3,
    )


@pytest.mark.parametrize("act", ["on-the-way", "start"])
async def test_what_comes_days_early_is_refused_with_the_window_and_changes_nothing(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID, act: str
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert, 2 * DAY)
    answer = await eve.does(visit, act)
    assert (answer.status_code, answer.json()["title"]) == (409, "Transition refused")
    assert "This visit is " in answer.json()["detail"]
    assert answer.json()["allowed"] == []
    assert status_of(databases, ticket_id) == ("accepted", 3)
    late = await eve.does(visit, "no-show", {"reason": "Nobody opened."})
    assert (late.status_code, status_of(databases, ticket_id)[1]) == (409, 3)


async def test_a_visit_begins_earlier_when_the_customer_has_agreed_and_that_is_kept(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert, DAY)
    answer = await eve.does(visit, "start", {"agreed_with_customer": True})
    assert answer.json()["ticket_status"] == "in_progress"
    assert progress(databases)[-1].reason == "Earlier than the window, by agreement."
    odd = await eve.does(visit, "start", {"agreed_with_customer": "perhaps"})
    assert (odd.status_code, pointers(odd)) == (400, {"/agreed_with_customer"})


async def test_after_a_visit_for_nothing_windows_that_are_over_do_not_keep_the_ticket_waiting(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert)
    now = datetime.now(UTC)
    ((time_zone,),) = databases.rows("sysops", "SELECT time_zone FROM ticket")
    tomorrow = next_visit_from(now, time_zone)
    windows = [Window(now - HOUR, tomorrow), Window(now + 3 * DAY, now + 3 * DAY + 4 * HOUR)]
    databases.execute(
        "sysops",
        "UPDATE ticket SET preferred_windows = %s::jsonb",
        msgspec.json.encode(windows).decode(),
    )
    time_passes(databases, visit, HOUR)
    await eve.does(visit, "no-show", {"reason": "Nobody opened."})
    told = progress(databases)[-1].details
    assert told is not None
    assert told.preferred_windows == (windows[1],)


@pytest.mark.parametrize("begun", [False, True])
async def test_after_the_first_time_that_nobody_is_home_the_next_visit_waits_for_tomorrow(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID, begun: bool
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert)
    if begun:
        await eve.does(visit, "start")
    time_passes(databases, visit, HOUR)
    answer = await eve.does(visit, "no-show", {"reason": "Nobody opened, I rang twice."})
    assert (answer.json()["status"], answer.json()["ticket_status"]) == ("completed", "open")
    told = progress(databases)[-1]
    assert (told.action, told.customer_absences, told.coordinator_calls) == ("no_show", 1, False)
    assert told.reason == "Nobody opened, I rang twice."
    ((outcome, waits, excluded),) = databases.rows(
        "sysops",
        "SELECT a.outcome, t.earliest_visit_at > now(), EXISTS (SELECT FROM exclusion)"
        " FROM assignment a JOIN ticket t ON t.id = a.ticket_id",
    )
    assert (outcome, waits, excluded) == ("customer_absent", True, False)
    assert databases.rows("sysops", "SELECT count(*) FROM booking") == [(0,)]


async def test_after_the_second_time_a_coordinator_has_to_call(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    add_staff(databases, "manager")
    for _ in range(2):
        visit = await eve.accepted(databases, ticket_id, expert)
        time_passes(databases, visit, HOUR)
        answer = await eve.does(visit, "no-show", {"reason": "Nobody opened."})
    assert answer.json()["ticket_status"] == "escalated"
    assert events(databases)[-2:] == [
        ("no_show", "expert", "open"),
        ("escalate", "system", "escalated"),
    ]
    told = progress(databases)[-2:]
    assert [(it.customer_absences, it.coordinator_calls) for it in told] == [(2, True)] * 2
    assert "call the customer" in str(told[-1].reason)
    assert told_staff(databases)[-1] == "customer_to_call"


async def test_a_visit_that_nobody_began_goes_to_somebody_else_and_everybody_is_told(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    add_staff(databases, "manager")
    visit = await eve.accepted(databases, ticket_id, expert)
    assert await give_up(databases) == 0
    time_passes(databases, visit, 4 * HOUR)
    assert (await give_up(databases), await give_up(databases)) == (1, 0)
    assert events(databases)[-1] == ("miss", "system", "open")
    assert databases.rows("sysops", "SELECT status, outcome FROM assignment") == [
        ("withdrawn", "expert_absent")
    ]
    assert databases.rows("sysops", "SELECT expert_id, reason FROM exclusion") == [(expert, "miss")]
    told = progress(databases)[-1]
    assert (told.expert_absences, told.customer_absences, told.expert_name) == (1, 0, None)
    assert told_staff(databases) == ["visit_proposed", "visit_missed", "expert_did_not_come"]
    too_late = await eve.does(visit, "start")
    assert too_late.status_code == 409


async def test_who_set_out_or_has_begun_is_not_given_up_so_soon(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert)
    await eve.does(visit, "on-the-way")
    time_passes(databases, visit, 4 * HOUR)
    assert await give_up(databases) == 0
    time_passes(databases, visit, 2 * HOUR)
    begun = await eve.does(visit, "start")
    assert begun.status_code == 200
    time_passes(databases, visit, DAY)
    assert (await give_up(databases), status_of(databases, ticket_id)[0]) == (0, "in_progress")


PARTS = [
    {"name": "Power board", "part_number": "PB-2201", "quantity": 1},
    {"name": "Screw M3", "quantity": 4},
]


async def test_a_follow_up_says_what_to_bring_and_the_next_visit_shows_it_until_it_is_done(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID
) -> None:
    first = await eve.accepted(databases, ticket_id, expert)
    await eve.does(first, "start")
    body = {"reason": "The board is broken.", "parts": PARTS[1:], "bring": PARTS[:1]}
    ended = await eve.does(first, "follow-up", body)
    assert ended.json()["ticket_status"] == "open"
    assert [part.name for part in progress(databases)[-1].parts] == ["Screw M3"]
    second = await eve.accepted(databases, ticket_id, expert)
    seen = (await eve.http.get(f"/sysops/visits/{second}", headers=eve.headers)).json()
    assert seen["visit"]["bring"] == PARTS[:1]
    (before,) = seen["earlier_visits"]
    assert (before["outcome"], before["note"]) == ("follow_up", "The board is broken.")
    assert before["parts"] == [{"name": "Screw M3", "part_number": None, "quantity": 4}]
    await eve.does(second, "start")
    done = await eve.does(second, "complete", {"resolution": "New board.", "parts": PARTS[:1]})
    assert (done.json()["ticket_status"], done.json()["bring"]) == ("resolved", [])
    (part,) = progress(databases)[-1].parts
    assert (part.name, part.part_number, part.quantity) == ("Power board", "PB-2201", 1)
    assert databases.rows("sysops", "SELECT purpose FROM visit_part ORDER BY purpose") == [
        ("bring",),
        ("used",),
        ("used",),
    ]


@pytest.mark.parametrize("act", ["complete", "follow-up"])
async def test_bad_parts_are_all_named_and_nothing_is_written(
    eve: Eve, databases: Databases, ticket_id: UUID, expert: UUID, act: str
) -> None:
    visit = await eve.accepted(databases, ticket_id, expert)
    await eve.does(visit, "start")
    words = {"complete": "resolution", "follow-up": "reason"}[act]
    bad = [{"name": " "}, {"name": "Fan", "quantity": 0}, {"name": "Fan", "price": 3}]
    answer = await eve.does(visit, act, {words: "", "parts": bad})
    assert (answer.status_code, pointers(answer)) == (
        400,
        {f"/{words}", "/parts/0/name", "/parts/1/quantity", "/parts/2/price"},
    )
    many = await eve.does(visit, act, {words: "Done.", "parts": [{"name": "Fan"}] * 21})
    assert (many.status_code, pointers(many)) == (400, {"/parts"})
    unknown = {words: "Done.", "parts": PARTS, "article_ids": [str(ticket_id)]}
    assert pointers(await eve.does(visit, act, unknown)) == {"/article_ids/0"}
    assert status_of(databases, ticket_id)[0] == "in_progress"
    assert databases.rows("sysops", "SELECT count(*) FROM visit_part") == [(0,)]
