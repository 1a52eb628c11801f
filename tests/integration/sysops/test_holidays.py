"""Nobody visits on a holiday, and nobody who was promised that day hears nothing of it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.messages import Window
from orchestration.assignment import referee
from orchestration.assignment.problem import Problem
from orchestration.assignment.solve import Solution, solve
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff, sign_in, sysops
from tests.api.sysops.lives import events, progress, told_staff
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.world import add_expert, furnish

__all__ = ["sign_in", "sysops"]

AUSTIN = ZoneInfo("America/Chicago")
_MORNING = datetime.now(AUSTIN).replace(hour=8, minute=0, second=0, microsecond=0)
THAT_DAY = _MORNING + timedelta(days=2)
DAY = THAT_DAY.date()
WISH = Window(THAT_DAY, THAT_DAY.replace(hour=17))
CLOSED = {"day": DAY.isoformat(), "name": "Founders' Day"}


class Desk:
    """An administrator's way to the holidays."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = headers

    async def ask(self, method: str, path: str = "", body: Any = None) -> httpx.Response:
        url = f"/sysops/holidays{path}"
        return await self._http.request(method, url, json=body, headers=self._headers)

    async def log(self) -> list[tuple[Any, ...]]:
        answer = await self._http.get(
            "/sysops/audit", params={"subject_kind": "holiday"}, headers=self._headers
        )
        items = answer.json()["items"]
        return [(it["action"], it["subject_id"], it["before"], it["after"]) for it in items]


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Desk:
    furnish(databases)
    add_expert(databases)
    add_staff(databases, "administrator")
    return Desk(sysops, await sign_in("administrator@squad.example"))


async def visits_that_day(databases: Databases, count: int = 2) -> None:
    """Visits that are proposed, for customers who wished for that day alone."""
    await open_tickets(databases, count, WISH)
    assert (await run(databases)).assigned == count


def booked(databases: Databases) -> list[date]:
    """The days of the live visits where their expert is."""
    query = "SELECT (lower(during) AT TIME ZONE 'America/Chicago')::date FROM booking"
    return [row[0] for row in databases.rows("sysops", query)]


async def test_a_holiday_is_added_listed_and_removed_by_its_day(desk: Desk) -> None:
    added = await desk.ask("POST", "", CLOSED)
    assert (added.status_code, added.json()) == (201, CLOSED | {"called_off": 0})
    later = {"day": (DAY + timedelta(days=30)).isoformat(), "name": "Winter Day"}
    await desk.ask("POST", "", later)
    assert (await desk.ask("GET")).json() == [CLOSED, later]
    from_later = await desk.ask("GET", f"?from={DAY + timedelta(days=1)}")
    assert from_later.json() == [later]
    assert (await desk.ask("GET", f"/{DAY}")).json() == CLOSED
    twice = await desk.ask("POST", "", CLOSED | {"name": "Other"})
    assert (twice.status_code, "Founders' Day" in twice.json()["detail"]) == (409, True)

    assert (await desk.ask("DELETE", f"/{DAY}")).status_code == 204
    assert (await desk.ask("DELETE", f"/{DAY}")).status_code == 404
    assert (await desk.ask("GET", f"/{DAY}")).status_code == 404
    assert await desk.log() == [
        ("holiday.removed", str(DAY), {"name": "Founders' Day"}, None),
        ("holiday.added", later["day"], None, {"name": "Winter Day"}),
        ("holiday.added", str(DAY), None, {"name": "Founders' Day"}),
    ]


async def test_a_day_that_is_over_and_what_is_no_day_are_refused(desk: Desk) -> None:
    over = await desk.ask("POST", "", {"day": "2020-12-25", "name": "Christmas Day"})
    assert (over.status_code, pointers(over)) == (422, {"/day"})
    wrong = await desk.ask("POST", "", {"day": "25/12/2030", "name": " "})
    assert (wrong.status_code, pointers(wrong)) == (400, {"/day", "/name"})
    assert (await desk.ask("GET")).json() == []


async def test_a_holiday_calls_off_what_is_planned_and_all_hear_of_it(
    desk: Desk, databases: Databases
) -> None:
    await visits_that_day(databases)
    await open_tickets(databases, 1)
    await run(databases)
    databases.execute(
        "sysops",
        "WITH one AS (UPDATE assignment SET status = 'accepted' WHERE id ="
        " (SELECT min(id::text)::uuid FROM assignment) RETURNING ticket_id)"
        " UPDATE ticket SET status = 'accepted' WHERE id IN (SELECT ticket_id FROM one)",
    )
    expected = {"day": str(DAY), "proposed": 1, "accepted": 1, "visits": 2}
    assert (await desk.ask("GET", f"/{DAY}/preview")).json() == expected
    assert len(booked(databases)) == 3

    added = await desk.ask("POST", "", CLOSED)
    assert added.json()["called_off"] == 2
    assert len(booked(databases)) == 1
    assert (await desk.ask("GET", f"/{DAY}/preview")).json()["visits"] == 0
    off = [it for it in progress(databases) if it.action == "withdraw"]
    assert {(it.status, it.reason) for it in off} == {
        ("open", "That day is a holiday. We look for another one.")
    }
    assert told_staff(databases).count("visit_off") == 2
    assert events(databases).count(("withdraw", "administrator", "open")) == 2

    # Their wish can never be met: it is dropped, the customers hear it, and another day is found.
    told = [it.details for it in progress(databases) if it.action == "amend"]
    assert [len(it.preferred_windows) for it in told if it] == [0, 0]
    assert (await run(databases)).assigned == 2
    assert DAY not in booked(databases)


async def test_what_has_begun_goes_on_and_other_wishes_stay(
    desk: Desk, databases: Databases
) -> None:
    await visits_that_day(databases, 1)
    databases.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    databases.execute("sysops", "UPDATE ticket SET status = 'in_progress'")
    after = Window(WISH.start + timedelta(days=1), WISH.end + timedelta(days=1))
    await open_tickets(databases, 1, WISH, after)
    assert (await desk.ask("POST", "", CLOSED)).json()["called_off"] == 0
    wishes = "SELECT preferred_windows FROM ticket WHERE status = 'open'"
    assert len(databases.rows("sysops", wishes)[0][0]) == 1
    assert booked(databases) == [DAY]
    assert (await run(databases)).assigned == 1
    assert sorted(booked(databases)) == [DAY, DAY + timedelta(days=1)]


async def test_a_day_is_the_experts_own(desk: Desk, databases: Databases) -> None:
    """The last window of a day in Honolulu is the next day in UTC."""
    zone = ZoneInfo("Pacific/Honolulu")
    databases.execute("sysops", "UPDATE expert SET time_zone = 'Pacific/Honolulu'")
    late = datetime.combine(DAY, datetime.min.time(), zone).replace(hour=15)
    await open_tickets(databases, 1, Window(late, late.replace(hour=17)))
    assert (await run(databases)).assigned == 1
    assert late.astimezone(UTC).date() == DAY + timedelta(days=1)
    next_day = DAY + timedelta(days=1)
    assert (await desk.ask("GET", f"/{next_day}/preview")).json()["visits"] == 0
    assert (await desk.ask("GET", f"/{DAY}/preview")).json()["visits"] == 1


async def test_a_holiday_that_comes_while_a_run_writes_waits_for_it_and_sees_its_visits(
    desk: Desk, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is first: in the end nobody visits on that day."""
    await open_tickets(databases, 3, WISH)
    adding: list[asyncio.Task[httpx.Response]] = []

    def add_and_solve(problem: Problem) -> Solution:
        adding.append(asyncio.create_task(desk.ask("POST", "", CLOSED)))
        return solve(problem)

    monkeypatch.setattr("orchestration.assignment.run.solve", add_and_solve)
    await run(databases)
    assert (await adding[0]).status_code == 201
    assert DAY not in booked(databases)


async def test_the_referee_finds_a_visit_on_a_holiday(desk: Desk, databases: Databases) -> None:
    await visits_that_day(databases, 1)
    databases.execute("sysops", "INSERT INTO holiday VALUES (%s, 'Unseen', now())", DAY)
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as session:
        assert (await referee.verify(session))["on_a_holiday"] == 1


async def test_staff_read_holidays_and_administrators_alone_keep_them(
    sysops: httpx.AsyncClient, desk: Desk, databases: Databases, sign_in: SignIn
) -> None:
    await desk.ask("POST", "", CLOSED)
    expert = Desk(sysops, await sign_in("eve@squad.example"))
    assert (await expert.ask("GET")).json() == [CLOSED]
    for method, path, body in (
        ("POST", "", CLOSED), ("DELETE", f"/{DAY}", None), ("GET", f"/{DAY}/preview", None),
    ):  # fmt: skip
        assert (await expert.ask(method, path, body)).status_code == 403
