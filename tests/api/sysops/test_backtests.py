"""Managers compare two policies by past days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from api.sysops.assignment.backtest_rules import ASSUMPTIONS, MEASURES, Figures, Pair
from api.sysops.assignment.backtest_service import Replay, keep, two_policies
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases

DAY = Figures(90, 88, 85, 4, 30.5, 1400.0, 0.67, 5)
FIRST = date(2026, 3, 2)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
Headers = dict[str, str]


@pytest.fixture
async def manager(databases: Databases, sign_in: SignIn) -> Headers:
    add_staff(databases, "manager")
    return await sign_in("manager@squad.example")


async def replayed(
    databases: Databases, *saved_km: float, a: str = "balanced", b: str = "least-travel",
    made_at: datetime = NOW,
) -> None:  # fmt: skip
    """Days from the first on, on which B drives so many kilometres less; kept by the job's role."""
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        two = await two_policies(session, a, b)
        for offset, saved in enumerate(saved_km):
            pair = Pair(DAY, msgspec.structs.replace(DAY, travel_km=DAY.travel_km - saved))
            day = FIRST + timedelta(days=offset)
            await keep(session, two, Replay(day, pair, 1, made_at, ASSUMPTIONS))


async def compared(http: httpx.AsyncClient, headers: Headers, **asked: str) -> Any:
    answer = await http.get("/sysops/assignment/backtests", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_before_the_first_backtest_there_is_what_would_be_assumed_and_no_day(
    sysops: httpx.AsyncClient, manager: Headers
) -> None:
    assert await compared(sysops, manager) == {
        "policy_a": "balanced/1",
        "policy_b": "least-travel/1",
        "days": [],
        "summary": [],
        "assumptions": list(ASSUMPTIONS),
        "compared": [],
    }


async def test_days_are_shown_with_their_differences_and_how_sure_the_mean_is(
    sysops: httpx.AsyncClient, databases: Databases, manager: Headers
) -> None:
    await replayed(databases, 20, 24, 19)
    found = await compared(sysops, manager, policy_a="balanced", policy_b="least-travel/1")
    assert [it["day"] for it in found["days"]] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert found["days"][1]["difference"] == {
        it.name: -24.0 if it.name == "travel_km" else 0.0 for it in MEASURES
    }
    summary = {it["measure"]: it for it in found["summary"]}
    travel = summary["travel_km"]
    assert (travel["mean_a"], travel["mean_b"], travel["verdict"]) == (1400, 1379, "less")
    assert travel["share"] == pytest.approx(-0.015)
    assert travel["low"] < -21 < travel["high"] < 0
    assert (summary["late"]["verdict"], summary["late"]["share"]) == ("same", 0)
    assert found["compared"] == [
        {
            "policy_a": "balanced/1",
            "policy_b": "least-travel/1",
            "days": 3,
            "first_day": "2026-03-02",
            "last_day": "2026-03-04",
        }
    ]
    later = await compared(sysops, manager, **{"from": "2026-03-03", "to": "2026-03-03"})
    assert [it["day"] for it in later["days"]] == ["2026-03-03"]
    assert {it["low"] for it in later["summary"]} == {None}


async def test_the_other_way_round_is_the_same_days_turned_and_the_newer_one_counts(
    sysops: httpx.AsyncClient, databases: Databases, manager: Headers
) -> None:
    await replayed(databases, 20, 24)
    # Again, with their names exchanged, later: least-travel drives 7 km more on the first day.
    again = NOW + timedelta(hours=1)
    await replayed(databases, 7, a="least-travel", b="balanced", made_at=again)
    turned = await compared(sysops, manager, policy_a="least-travel", policy_b="balanced")
    assert [it["difference"]["travel_km"] for it in turned["days"]] == [-7, 24]
    straight = await compared(sysops, manager)
    assert [it["difference"]["travel_km"] for it in straight["days"]] == [7, -24]


async def test_a_day_that_is_replayed_again_is_replaced(
    sysops: httpx.AsyncClient, databases: Databases, manager: Headers
) -> None:
    for saved in (20, 30):
        await replayed(databases, saved)
    found = await compared(sysops, manager)
    assert [it["difference"]["travel_km"] for it in found["days"]] == [-30]


async def test_what_cannot_be_compared_is_said(sysops: httpx.AsyncClient, manager: Headers) -> None:
    async def refused(**asked: str) -> httpx.Response:
        return await sysops.get("/sysops/assignment/backtests", params=asked, headers=manager)

    assert (await refused(policy_a="best")).status_code == 404
    assert (await refused(policy_b="emergency/2")).status_code == 404
    same = await refused(policy_a="emergency", policy_b="emergency/1")
    assert (same.status_code, pointers(same)) == (422, {"/policy_b"})
    assert "Both are emergency/1" in same.json()["errors"][0]["detail"]
    wrong = await refused(policy_a="Best!", policy_b="emergency/0", to="soon")
    assert wrong.status_code == 400
    assert len(wrong.json()["errors"]) == 3
    default = await compared(sysops, manager, policy_a="least-travel")
    assert default["policy_b"] == "balanced/1"
