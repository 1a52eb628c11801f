"""Administrators keep what experts are chosen by, in versions, and choose which one is in use."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from api.sysops.assignment.policy import PRESETS, ByPriority, Policy
from api.sysops.assignment.service import InUse, policy_in_use
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases

BALANCED: dict[str, Any] = msgspec.to_builtins(Policy())
SLOW = {"settings": BALANCED | {"per_km": 30}, "note": "Fuel is dear this winter."}
USE = "/policy-in-use"
WAITING = """
SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Desk:
    """An administrator's way to the policies."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = headers

    async def get(self, path: str) -> Any:
        answer = await self._http.get(f"/sysops/assignment{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, path: str, body: Any, **headers: str) -> httpx.Response:
        url = f"/sysops/assignment{path}"
        return await self._http.put(url, json=body, headers=self._headers | headers)

    async def use(self, name: str, version: int, **headers: str) -> httpx.Response:
        return await self.put(USE, {"name": name, "version": version}, **headers)

    async def log(self) -> list[tuple[Any, ...]]:
        params = {"subject_kind": "assignment policy"}
        answer = await self._http.get("/sysops/audit", params=params, headers=self._headers)
        return [
            (it["action"], it["subject_id"], it["before"], it["after"])
            for it in answer.json()["items"]
        ]


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Desk:
    add_staff(databases, "administrator")
    return Desk(sysops, await sign_in("administrator@squad.example"))


async def in_use(databases: Databases) -> InUse:
    """What the assignment job reads, as the role that it runs as."""
    async with databases.sessions("sysops", "assigner") as sessions, sessions() as session:
        return await policy_in_use(session)


async def test_the_presets_are_there_from_the_beginning_and_balanced_is_in_use(
    desk: Desk, databases: Databases
) -> None:
    rows = databases.rows("sysops", "SELECT name, version, note, settings FROM assignment_policy")
    kept = {
        (name, version): (note, msgspec.convert(it, Policy)) for name, version, note, it in rows
    }
    assert kept == {(name, 1): preset for name, preset in PRESETS.items()}
    listed = await desk.get("/policies")
    assert {it["name"]: it["version_in_use"] for it in listed["policies"]} == {
        "balanced": 1, "customer-first": None, "emergency": None, "least-travel": None,
    }  # fmt: skip
    meant = {it["field"]: it for it in listed["terms"]}
    assert meant.keys() == BALANCED.keys()
    assert meant["per_km"] == {
        "field": "per_km",
        "meaning": "Cost units for each kilometre by road from the expert's home.",
        "least": 0,
        "most": 10_000,
        "default": 10,
    }
    assert meant["per_hour_late"]["default"] == BALANCED["per_hour_late"]
    assert (await in_use(databases))[1:] == ("balanced", 1, Policy())


async def test_a_policy_gets_versions_that_are_used_when_somebody_says_so(
    desk: Desk, databases: Databases
) -> None:
    for _ in range(2):
        kept = await desk.put("/policies/balanced", SLOW)
        assert kept.status_code == 200, kept.text
        assert [(it["version"], it["in_use"]) for it in kept.json()["versions"]] == [
            (2, False),
            (1, True),
        ]
    assert kept.json()["versions"][0].items() >= SLOW.items()
    assert (await in_use(databases)).version == 1

    used = await desk.use("balanced", 2)
    assert used.status_code == 200, used.text
    assert used.json() == (await desk.use("balanced", 2)).json() == await desk.get(USE)
    assert used.json()["used_by"] == kept.json()["versions"][0]["created_by"]
    assert (await in_use(databases))[1:] == ("balanced", 2, Policy(per_km=30))
    assert (await desk.use("balanced", 1)).json()["version"] == 1
    assert (await in_use(databases)).version == 1

    note = PRESETS["balanced"][0]
    assert await desk.log() == [
        ("policy.used", "balanced", {"in_use": "balanced/2"}, {"in_use": "balanced/1"}),
        ("policy.used", "balanced", {"in_use": "balanced/1"}, {"in_use": "balanced/2"}),
        (
            "policy.kept",
            "balanced",
            {"version": 1, "note": note, "per_km": 10},
            {"version": 2, "note": SLOW["note"], "per_km": 30},
        ),
    ]


async def test_a_new_name_is_a_new_policy_and_what_is_left_out_is_balanced(desk: Desk) -> None:
    body = {"settings": {"horizon_working_days": 3}, "note": "Short."}
    made = await desk.put("/policies/short-term", body, **{"If-None-Match": "*"})
    assert made.json()["versions"][0]["settings"] == BALANCED | {"horizon_working_days": 3}
    assert (await desk.put("/policies/Short", body)).status_code == 400


async def test_every_wrong_weight_is_named_with_its_bounds_and_its_meaning(
    desk: Desk, databases: Databases
) -> None:
    wrong = BALANCED | {
        "per_km": -1,
        "silence_days": 91,
        "per_hour_late": BALANCED["per_hour_late"] | {"low": "much"},
        "per_mile": 3,
    }
    answer = await desk.put("/policies/balanced", {"settings": wrong})
    assert (answer.status_code, pointers(answer)) == (
        400,
        {
            "/settings/per_km",
            "/settings/silence_days",
            "/settings/per_hour_late/low",
            "/settings/per_mile",
            "/note",
        },
    )
    details = {it["pointer"]: it["detail"] for it in answer.json()["errors"]}
    assert details["/settings/per_km"] == (
        "Expected a whole number from 0 to 10000. "
        "Cost units for each kilometre by road from the expert's home."
    )
    assert "from 0 to 10000. Cost units for each hour by" in details["/settings/per_hour_late/low"]
    assert databases.rows("sysops", "SELECT max(version) FROM assignment_policy") == [(1,)]


async def test_weights_that_would_make_experts_alike_are_named_with_what_is_possible(
    desk: Desk, databases: Databases
) -> None:
    waiting = BALANCED["per_hour_waiting"] | {"low": 10_000}
    dear = {"settings": BALANCED | {"per_km": 10_000, "per_hour_waiting": waiting}, "note": "Dear."}
    answer = await desk.put("/policies/balanced", dear)
    assert (answer.status_code, pointers(answer)) == (
        422,
        {"/settings/per_km", "/settings/per_hour_waiting"},
    )
    dear["settings"] |= {"per_hour_waiting": BALANCED["per_hour_waiting"]}  # type: ignore[operator]
    (error,) = (await desk.put("/policies/balanced", dear)).json()["errors"]
    assert error == {
        "pointer": "/settings/per_km",
        "detail": "This costs up to 10,000,000 units, for 1,000 kilometres. All terms but lateness"
        " may cost 1,000,000 together, or experts could not be told apart: give less."
        " With the other weights as they are, give at most 993.",
    }
    # What an earlier release has let through counts as balanced.
    databases.execute(
        "sysops",
        "INSERT INTO assignment_policy (name, version, settings, note, created_at)"
        """ VALUES ('old', 1, '{"per_km": 10000, "per_silence": 7}', 'Dear.', now())""",
    )
    (old,) = (await desk.get("/policies/old"))["versions"]
    assert old["settings"] == BALANCED | {"per_silence": 7}
    dear["settings"] |= {"per_km": 993}  # type: ignore[operator]
    assert (await desk.put("/policies/balanced", dear)).status_code == 200


async def test_a_version_that_is_not_there_is_not_used(desk: Desk) -> None:
    for name, version in (("balanced", 2), ("best", 1)):
        answer = await desk.use(name, version)
        assert answer.status_code == 404
    assert (await desk.use("balanced", 0)).status_code == 400
    assert (await desk.get(USE))["name"] == "balanced"


async def test_of_two_who_choose_at_once_on_what_they_saw_one_is_told_to_look_again(
    desk: Desk, databases: Databases
) -> None:
    with databases.connect("sysops") as other:
        # Both have looked before the first one writes.
        other.execute("SELECT pg_advisory_lock(7202)")
        choices = [
            asyncio.create_task(desk.use(name, 1, **{"If-Match": "*"}))
            for name in ("emergency", "least-travel")
        ]
        async with asyncio.timeout(60):
            while len(databases.rows("sysops", WAITING)) < len(choices):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        other.execute("SELECT pg_advisory_unlock(7202)")
        answers = await asyncio.gather(*choices)
    assert sorted(it.status_code for it in answers) == [200, 412]
    assert databases.rows("sysops", "SELECT count(*) FROM assignment_policy_use") == [(2,)]


async def test_versions_that_come_at_once_follow_one_another(desk: Desk) -> None:
    dear = [SLOW | {"settings": BALANCED | {"per_km": km}} for km in (1, 2, 3)]
    answers = await asyncio.gather(*(desk.put("/policies/balanced", it) for it in dear))
    assert [it.status_code for it in answers] == [200] * 3
    versions = (await desk.get("/policies/balanced"))["versions"]
    assert [it["version"] for it in versions] == [4, 3, 2, 1]
    assert {it["settings"]["per_km"] for it in versions} == {1, 2, 3, 10}


async def test_a_stored_policy_of_another_release_is_read_with_the_balanced_weights_it_lacks(
    databases: Databases,
) -> None:
    databases.execute(
        "sysops",
        "UPDATE assignment_policy SET settings = (settings - 'per_silence')"
        """ || '{"per_km": 3, "per_mile": 5, "silence_days": 1000, "per_hour_late": {"low": 1}}'""",
    )
    assert (await in_use(databases)).policy == Policy(per_km=3)
    assert Policy().per_hour_late == ByPriority(240, 120, 60, 30)


async def test_managers_read_policies_and_change_none(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> None:
    add_staff(databases, "manager")
    manager = Desk(sysops, await sign_in("manager@squad.example"))
    assert (await manager.get("/policies/emergency"))["versions"][0]["version"] == 1
    assert (await manager.put("/policies/emergency", SLOW)).status_code == 403
    assert (await manager.use("emergency", 1)).status_code == 403
