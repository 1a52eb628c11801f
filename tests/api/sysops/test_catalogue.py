"""Administrators keep the catalogue, and the other quanta follow."""

from typing import Any

import httpx
import msgspec
import pytest

from api.kernel.messages import decode_envelope
from api.messages import PlanPriced, PlanPublished, TicketTypePublished
from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.databases import Databases
from tests.messaging import deliver, queued
from tests.world import furnish

PLAN: dict[str, Any] = {
    "name": "Premium",
    "price_cents": 2999,
    "interval": "month",
    "sla_hours": 24,
    "device_types": ["laptop", "tv"],
}
TICKET_TYPE: dict[str, Any] = {
    "name": "Screen repair",
    "device_type": "laptop",
    "duration_minutes": 120,
    "required_skills": [{"skill": "laptop", "level": 3}],
}


class Desk:
    """The catalogue as a signed-in member of staff reaches it."""

    def __init__(self, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
        self._http = http
        self._headers = headers

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(f"/sysops/catalogue{path}", headers=self._headers)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self._http.put(f"/sysops/catalogue{path}", json=body, headers=self._headers)


@pytest.fixture
async def desk(sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn) -> Desk:
    """An administrator's."""
    furnish(databases)
    add_staff(databases, "administrator")
    return Desk(sysops, await sign_in("administrator@squad.example"))


def told(databases: Databases, target: str) -> list[Any]:
    """The catalogue messages that wait for a quantum."""
    types: dict[tuple[str, str], type[msgspec.Struct]] = {
        ("customer", "plan_published"): PlanPublished,
        ("customer", "ticket_type_published"): TicketTypePublished,
        ("billing", "plan_priced"): PlanPriced,
    }
    return [
        msgspec.json.decode(decode_envelope(payload).body, type=types[target, channel])
        for channel, payload in queued(databases, "sysops", target)
    ]


async def test_a_new_plan_reaches_customers_and_billing_with_its_version(
    desk: Desk, databases: Databases
) -> None:
    answer = await desk.put("/plans/premium", PLAN)
    assert answer.status_code == 200
    assert answer.json() == PLAN | {
        "code": "premium",
        "version": 1,
        "currency": "USD",
        "active": True,
    }
    await deliver(databases, "sysops", "customer")
    await deliver(databases, "sysops", "billing")
    query = "SELECT version, name, price_cents, interval, active FROM {} WHERE code = 'premium'"
    row = (1, "Premium", 2999, "month", True)
    assert databases.rows("customer", query.format("support_plan")) == [row]
    assert databases.rows("billing", query.format("plan")) == [row]
    listed = (await desk.get("/plans")).json()
    assert [plan["code"] for plan in listed] == ["basic", "premium"]


async def test_a_changed_plan_has_a_new_version_and_a_repetition_changes_nothing(
    desk: Desk, databases: Databases
) -> None:
    await desk.put("/plans/premium", PLAN)
    dearer = PLAN | {"price_cents": 3499, "active": False}
    for _ in range(2):
        answer = (await desk.put("/plans/premium", dearer)).json()
        assert (answer["version"], answer["active"]) == (2, False)
    assert [it.version for it in told(databases, "customer")] == [1, 2]
    assert [(it.version, it.price_cents) for it in told(databases, "billing")] == [
        (1, 2999),
        (2, 3499),
    ]
    # What it was is kept, until the moment of the change.
    kept = "SELECT version, price_cents, active, until < now() FROM former_plan"
    assert databases.rows("sysops", kept) == [(1, 2999, True, True)]


async def test_a_bad_plan_lists_every_error_and_tells_nobody(
    desk: Desk, databases: Databases
) -> None:
    malformed = PLAN | {"price_cents": -1, "interval": "week", "name": " ", "colour": "red"}
    answer = await desk.put("/plans/premium", malformed)
    assert answer.status_code == 400
    assert pointers(answer) == {"/price_cents", "/interval", "/name", "/colour"}
    unknown = await desk.put("/plans/premium", PLAN | {"device_types": ["fax", "tv", "tv"]})
    assert unknown.status_code == 422
    assert pointers(unknown) == {"/device_types/0", "/device_types/2"}
    assert databases.rows("sysops", "SELECT code FROM support_plan") == [("basic",)]
    assert told(databases, "customer") == told(databases, "billing") == []


async def test_a_new_ticket_type_reaches_customers_with_the_name_of_its_device(
    desk: Desk, databases: Databases
) -> None:
    answer = await desk.put("/ticket-types/screen-repair", TICKET_TYPE)
    assert answer.status_code == 200
    assert (answer.json()["version"], answer.json()["required_skills"]) == (
        1,
        TICKET_TYPE["required_skills"],
    )
    await deliver(databases, "sysops", "customer")
    assert databases.rows(
        "customer", "SELECT version, name, device_type, device_name, active FROM ticket_type"
    ) == [(1, "Screen repair", "laptop", "Laptop", True)]


async def test_other_skills_are_a_change_of_a_ticket_type(desk: Desk, databases: Databases) -> None:
    await desk.put("/ticket-types/screen-repair", TICKET_TYPE)
    both = [{"skill": "laptop", "level": 4}, {"skill": "tv", "level": 1}]
    changed = await desk.put("/ticket-types/screen-repair", TICKET_TYPE | {"required_skills": both})
    assert (changed.json()["version"], changed.json()["required_skills"]) == (2, both)
    again = await desk.put(
        "/ticket-types/screen-repair", TICKET_TYPE | {"required_skills": both[::-1]}
    )
    assert again.json()["version"] == 2
    one = await desk.put("/ticket-types/screen-repair", TICKET_TYPE | {"required_skills": both[1:]})
    assert one.json()["version"] == 3
    listed = (await desk.get("/ticket-types")).json()
    (kept,) = (it for it in listed if it["code"] == "screen-repair")
    assert kept["required_skills"] == both[1:]


async def test_a_bad_ticket_type_lists_every_error_and_writes_nothing(
    desk: Desk, databases: Databases
) -> None:
    malformed = {
        "name": "Screen repair",
        "duration_minutes": 121,
        "required_skills": [{"skill": "laptop", "level": 6}],
    }
    answer = await desk.put("/ticket-types/screen-repair", malformed)
    assert answer.status_code == 400
    assert pointers(answer) == {"/device_type", "/duration_minutes", "/required_skills/0/level"}
    nobody = await desk.put("/ticket-types/screen-repair", TICKET_TYPE | {"required_skills": []})
    assert pointers(nobody) == {"/required_skills"}
    unknown = TICKET_TYPE | {
        "device_type": "fax",
        "required_skills": [{"skill": "fax", "level": 1}, *TICKET_TYPE["required_skills"] * 2],
    }
    refused = await desk.put("/ticket-types/screen-repair", unknown)
    assert refused.status_code == 422
    assert pointers(refused) == {
        "/device_type",
        "/required_skills/0/skill",
        "/required_skills/2/skill",
    }
    assert databases.rows("sysops", "SELECT count(*) FROM ticket_type") == [(2,)]
    assert told(databases, "customer") == []


async def test_a_renamed_device_is_told_with_every_ticket_type_of_it(
    desk: Desk, databases: Databases
) -> None:
    for _ in range(2):
        answer = await desk.put("/device-types/laptop", {"name": "Notebook"})
        assert answer.json() == {"code": "laptop", "name": "Notebook"}
    assert [(it.code, it.version, it.device_name) for it in told(databases, "customer")] == [
        ("laptop-repair", 2, "Notebook")
    ]
    created = await desk.put("/device-types/stereo", {"name": "Stereo"})
    assert created.status_code == 200
    listed = (await desk.get("/device-types")).json()
    assert [it["code"] for it in listed] == ["laptop", "stereo", "tv"]


async def test_a_skill_is_made_and_renamed_and_nobody_outside_hears_of_it(
    desk: Desk, databases: Databases
) -> None:
    for name in ("Audio", "Audio repair"):
        assert (await desk.put("/skills/audio", {"name": name})).json()["name"] == name
    assert {"code": "audio", "name": "Audio repair"} in (await desk.get("/skills")).json()
    assert told(databases, "customer") == told(databases, "billing") == []


@pytest.mark.parametrize("code", ["Premium", "two--hyphens", "-", "x" * 41, "under_score"])
async def test_a_code_that_cannot_be_is_refused_by_its_parameter(desk: Desk, code: str) -> None:
    answer = await desk.put(f"/plans/{code}", PLAN)
    assert answer.status_code == 400
    assert [error["parameter"] for error in answer.json()["errors"]] == ["code"]


@pytest.mark.parametrize("role", ["helpdesk", "manager", "expert"])
async def test_only_an_administrator_keeps_the_catalogue(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, role: str
) -> None:
    add_staff(databases, role)
    other = Desk(sysops, await sign_in(f"{role}@squad.example"))
    assert (await other.put("/plans/premium", PLAN)).status_code == 403
    assert (await other.get("/plans")).status_code == 403
    assert databases.rows("sysops", "SELECT count(*) FROM support_plan") == [(0,)]
