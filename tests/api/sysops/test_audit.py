"""What administrators do is written down, and they can search it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.world import furnish

PLAN: dict[str, Any] = {
    "name": "Premium",
    "price_cents": 2999,
    "interval": "month",
    "sla_hours": 24,
    "device_types": ["laptop"],
}
SCREEN: dict[str, Any] = {
    "name": "Screen repair",
    "device_type": "laptop",
    "duration_minutes": 60,
    "required_skills": [{"skill": "laptop", "level": 3}],
}


@pytest.fixture
async def headers(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn
) -> dict[str, str]:
    """An administrator's."""
    furnish(databases)
    add_staff(databases, "administrator")
    return await sign_in("administrator@squad.example")


async def found(
    sysops: httpx.AsyncClient, headers: dict[str, str], **filters: Any
) -> list[dict[str, Any]]:
    answer = await sysops.get("/sysops/audit", params=filters, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_change_of_the_catalogue_says_who_made_it_and_what_was_otherwise(
    sysops: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    path = "/sysops/catalogue/plans/premium"
    for body in (PLAN, PLAN | {"price_cents": 3499}, PLAN | {"price_cents": 3499}):
        assert (await sysops.put(path, json=body, headers=headers)).status_code == 200
    changed, made = await found(sysops, headers)
    me = (await sysops.get("/sysops/me", headers=headers)).json()
    assert (made["actor_id"], made["actor_roles"]) == (me["id"], ["administrator"])
    assert (made["action"], made["subject_kind"]) == ("plan.kept", "support plan")
    assert (made["before"], made["after"]) == (None, PLAN | {"active": True})
    assert (changed["before"], changed["after"]) == ({"price_cents": 2999}, {"price_cents": 3499})


async def test_each_part_of_the_catalogue_is_in_the_log(
    sysops: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    catalogue = "/sysops/catalogue"
    await sysops.put(f"{catalogue}/skills/audio", json={"name": "Audio"}, headers=headers)
    await sysops.put(f"{catalogue}/device-types/tv", json={"name": "Screen"}, headers=headers)
    types = f"{catalogue}/ticket-types/screen"
    for level in (3, 4):
        body = SCREEN | {"required_skills": [{"skill": "laptop", "level": level}]}
        await sysops.put(types, json=body, headers=headers)
    made = {"active": True, "survey_template": None, "required_skills": {"laptop": 3}}
    assert [(it["action"], it["before"], it["after"]) for it in await found(sysops, headers)] == [
        (
            "ticket_type.kept",
            {"required_skills": {"laptop": 3}},
            {"required_skills": {"laptop": 4}},
        ),
        ("ticket_type.kept", None, SCREEN | made),
        ("device_type.kept", {"name": "Television"}, {"name": "Screen"}),
        ("skill.kept", None, {"name": "Audio"}),
    ]


async def test_a_refused_change_leaves_no_entry(
    sysops: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    bad = PLAN | {"device_types": ["fax"]}
    answer = await sysops.put("/sysops/catalogue/plans/premium", json=bad, headers=headers)
    assert answer.status_code == 422
    assert await found(sysops, headers) == []


async def test_the_log_is_searched_by_every_filter_and_read_page_by_page(
    sysops: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for code in ("audio", "video", "radio"):
        await sysops.put(
            f"/sysops/catalogue/skills/{code}", json={"name": code.title()}, headers=headers
        )
    me = (await sysops.get("/sysops/me", headers=headers)).json()["id"]
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    matching = {
        "actor": me,
        "subject_kind": "skill",
        "subject_id": "video",
        "action": "skill.kept",
        "from": (now - hour).isoformat(),
        "to": (now + hour).isoformat(),
    }
    (entry,) = await found(sysops, headers, **matching)
    assert entry["subject_id"] == "video"
    others = {
        "actor": entry["id"],
        "subject_kind": "staff",
        "subject_id": "laptop",
        "action": "plan.kept",
        "from": (now + hour).isoformat(),
        "to": (now - hour).isoformat(),
    }
    for name, value in others.items():
        assert await found(sysops, headers, **(matching | {name: value})) == [], name
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (
            await sysops.get("/sysops/audit", params={"limit": 1, **cursor}, headers=headers)
        ).json()
        seen += [it["subject_id"] for it in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["radio", "video", "audio"]
    assert cursor == {"cursor": None}


@pytest.mark.parametrize("role", ["helpdesk", "manager", "expert", "finance"])
async def test_only_administrators_read_the_log(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    add_staff(databases, role)
    answer = await sysops.get("/sysops/audit", headers=await sign_in(f"{role}@squad.example"))
    assert answer.status_code == 403


def test_the_api_can_neither_change_nor_remove_an_entry(databases: Databases) -> None:
    with databases.connect("sysops", "sysops_api") as connection:
        for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
