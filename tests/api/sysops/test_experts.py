"""Administrators keep the profiles by which experts are chosen."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.world import furnish

PROFILE: dict[str, Any] = {
    "zip": "78701",
    "radius_km": 60,
    "skills": [{"skill": "laptop", "level": 3, "certified_until": "2099-12-31"}],
    "shifts": [
        {"weekday": 1, "starts_at": "08:00", "ends_at": "12:00"},
        {"weekday": 1, "starts_at": "13:00", "ends_at": "17:30"},
    ],
    "active": True,
}


class Desk:
    """One expert's profile as an administrator reaches it."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str], expert: UUID) -> None:
        self._http = http
        self._headers = headers
        self.expert = expert

    async def ask(
        self, method: str, path: str = "", body: Any = None, of: UUID | None = None
    ) -> httpx.Response:
        url = f"/sysops/experts/{of or self.expert}{path}"
        return await self._http.request(method, url, json=body, headers=self._headers)

    async def entries(self) -> list[tuple[Any, ...]]:
        answer = await self._http.get(
            "/sysops/audit", params={"subject_kind": "expert"}, headers=self._headers
        )
        return [(it["action"], it["before"], it["after"]) for it in answer.json()["items"]]


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Desk:
    furnish(databases)
    add_staff(databases, "administrator")
    expert = add_staff(databases, "expert")
    return Desk(sysops, await sign_in("administrator@squad.example"), expert)


async def test_a_profile_is_made_located_by_its_zip_code_and_changed(desk: Desk) -> None:
    assert (await desk.ask("GET")).status_code == 404
    made = await desk.ask("PUT", body=PROFILE)
    assert made.status_code == 200, made.text
    profile = made.json()
    assert profile.items() >= PROFILE.items()
    assert (profile["full_name"], profile["time_zone"]) == ("Some Expert", "America/Chicago")
    assert (round(profile["latitude"]), round(profile["longitude"])) == (30, -98)
    assert (await desk.ask("GET")).json() == profile
    moved = PROFILE | {"zip": "10001", "shifts": PROFILE["shifts"][1:], "skills": []}
    changed = (await desk.ask("PUT", body=moved)).json()
    assert changed.items() >= moved.items()
    assert (changed["state"], changed["time_zone"]) == ("NY", "America/New_York")


async def test_what_changed_in_a_profile_is_in_the_log_and_a_repetition_is_not(
    desk: Desk,
) -> None:
    for radius in (60, 80, 80):
        await desk.ask("PUT", body=PROFILE | {"radius_km": radius})
    changed, (action, before, after) = await desk.entries()
    assert changed == ("expert.kept", {"radius_km": 60}, {"radius_km": 80})
    assert (action, before) == ("expert.kept", None)
    assert after["skills"] == {"laptop": [3, "2099-12-31"]}


async def test_a_bad_profile_lists_every_error_and_changes_nothing(desk: Desk) -> None:
    malformed = {
        "zip": "00000",
        "radius_km": 0,
        "skills": [{"skill": "laptop", "level": 6, "certified_until": "soon"}],
        "shifts": [{"weekday": 8, "starts_at": "8", "ends_at": "24:00"}],
    }
    answer = await desk.ask("PUT", body=malformed)
    assert answer.status_code == 400
    assert pointers(answer) == {
        "/zip",
        "/radius_km",
        "/skills/0/level",
        "/skills/0/certified_until",
        "/shifts/0/weekday",
        "/shifts/0/starts_at",
        "/shifts/0/ends_at",
    }
    wrong = {
        "skills": [*PROFILE["skills"] * 2, PROFILE["skills"][0] | {"skill": "fax"}],
        "shifts": [
            *PROFILE["shifts"],
            {"weekday": 1, "starts_at": "11:00", "ends_at": "12:30"},
            {"weekday": 2, "starts_at": "12:00", "ends_at": "12:00"},
        ],
    }
    refused = await desk.ask("PUT", body=PROFILE | wrong)
    assert refused.status_code == 422
    assert pointers(refused) == {
        "/skills/1/skill",
        "/skills/2/skill",
        "/shifts/2",
        "/shifts/3/ends_at",
    }
    assert (await desk.ask("GET")).status_code == 404


async def test_only_an_active_member_of_staff_with_the_role_makes_visits(
    desk: Desk, databases: Databases
) -> None:
    manager = add_staff(databases, "manager")
    assert (await desk.ask("PUT", body=PROFILE, of=manager)).status_code == 409
    assert (await desk.ask("PUT", body=PROFILE, of=UUID(int=7))).status_code == 404
    databases.execute("sysops", "UPDATE staff SET active = false WHERE roles = '{expert}'")
    assert (await desk.ask("PUT", body=PROFILE)).status_code == 409
    assert (await desk.ask("PUT", body=PROFILE | {"active": False})).status_code == 200


async def test_time_off_is_given_listed_until_it_is_over_and_taken_back(
    desk: Desk, databases: Databases
) -> None:
    await desk.ask("PUT", body=PROFILE)
    start = datetime.now(UTC) + timedelta(days=1)
    holiday = {
        "start": start.isoformat(),
        "end": (start + timedelta(days=7)).isoformat(),
        "reason": "Holiday",
    }
    given = await desk.ask("POST", "/time-off", holiday)
    assert given.status_code == 201, given.text
    open_end = {"start": holiday["end"], "reason": "Ill"}
    assert (await desk.ask("POST", "/time-off", open_end)).json()["end"] is None
    databases.execute(
        "sysops",
        "INSERT INTO time_off (expert_id, during, reason)"
        " VALUES (%s, tstzrange('2020-01-01', '2020-01-02'), 'Long ago')",
        desk.expert,
    )
    listed = (await desk.ask("GET")).json()["time_off"]
    assert [it["reason"] for it in listed] == ["Holiday", "Ill"]
    path = f"/time-off/{given.json()['id']}"
    assert (await desk.ask("DELETE", path, of=UUID(int=7))).status_code == 404
    assert (await desk.ask("DELETE", path)).status_code == 204
    assert (await desk.ask("DELETE", path)).status_code == 404
    assert [entry[0] for entry in await desk.entries()] == [
        "time_off.removed",
        "time_off.added",
        "time_off.added",
        "expert.kept",
    ]


async def test_time_off_that_is_empty_or_over_or_without_a_zone_is_refused(desk: Desk) -> None:
    ill = {"start": "2020-01-01T00:00:00Z", "reason": "Ill"}
    assert (await desk.ask("POST", "/time-off", ill)).status_code == 404
    await desk.ask("PUT", body=PROFILE)
    for end in ("2019-12-31T00:00:00Z", "2020-01-02T00:00:00Z"):
        answer = await desk.ask("POST", "/time-off", ill | {"end": end})
        assert (answer.status_code, pointers(answer)) == (422, {"/end"})
    naive = await desk.ask("POST", "/time-off", ill | {"start": "2020-01-01T00:00:00"})
    assert (naive.status_code, pointers(naive)) == (400, {"/start"})


@pytest.mark.parametrize("role", ["helpdesk", "manager", "expert", "finance"])
async def test_only_administrators_keep_profiles(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    own = add_staff(databases, role)
    other = Desk(sysops, await sign_in(f"{role}@squad.example"), own)
    assert (await other.ask("GET")).status_code == 403
    assert (await other.ask("PUT", body=PROFILE)).status_code == 403
