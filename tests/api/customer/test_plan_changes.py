"""A customer changes plans: one contract ends, the next begins, and the preview is the bill."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.kernel import clock
from api.messages import ContractChanged, EntitlementChanged
from tests.api.customer.conftest import Customer, counts
from tests.api.customer.conftest import sent as messages
from tests.api.support import pointers
from tests.databases import Databases

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 16, 12, tzinfo=NEW_YORK)


@pytest.fixture(autouse=True)
def mid_november(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


async def since_october(ada: Customer, databases: Databases, plan: str = "plus") -> str:
    """A contract that began on 10 October and is taxed by 6 %."""
    contract = await ada.contract_id(plan)
    databases.execute(
        "customer",
        "UPDATE contract SET starts_on = '2026-10-10', tax_rate_millionths = 60000 WHERE id = %s",
        contract,
    )
    return contract


async def test_the_old_contract_ends_yesterday_and_the_new_one_begins_today(
    ada: Customer, databases: Databases
) -> None:
    old = await since_october(ada, databases)
    answer = await ada.post(f"/contracts/{old}/plan-change", {"plan_code": "basic"})
    assert answer.status_code == 201, answer.text
    new = answer.json()
    assert (new["plan_code"], new["starts_on"], new["ends_on"]) == ("basic", "2026-11-16", None)
    assert new["replaces_id"] == old
    ended = (await ada.get(f"/contracts/{old}")).json()
    assert (ended["status"], ended["ends_on"]) == ("cancelled", "2026-11-15")
    assert [it["id"] for it in (await ada.get("/contracts")).json()] == [new["id"], old]
    told = [
        (str(it.contract_id), it.plan_code, it.status, it.version, it.effective_on)
        for it in messages(databases, ContractChanged)[1:]
    ]
    assert told == [
        (old, "plus", "cancelled", 2, date(2026, 11, 15)),
        (new["id"], "basic", "active", 1, date(2026, 11, 16)),
    ]
    entitled = messages(databases, EntitlementChanged)[1:]
    assert [(it.status, it.replaced_by and str(it.replaced_by)) for it in entitled] == [
        ("cancelled", new["id"]),
        ("active", None),
    ]


async def test_the_preview_says_what_both_bills_will_be_and_changes_nothing(
    ada: Customer, databases: Databases
) -> None:
    old = await since_october(ada, databases)
    before = counts(databases)
    shown = (await ada.get(f"/contracts/{old}/plan-change", plan_code="basic")).json()
    # 15 days of 24.99 and 15 days of 14.99 in November, each with 6 % tax on its own bill.
    assert shown["old"] == {"subtotal_cents": 1250, "tax_cents": 75, "total_cents": 1325}
    assert shown["new"] == {"subtotal_cents": 749, "tax_cents": 45, "total_cents": 794}
    assert shown["total_cents"] == 1325 + 794
    assert shown["then"]["total_cents"] == 1589
    assert (shown["month"], shown["charged_on"]) == ("2026-11", "2026-12-01")
    assert (shown["newly_covered"], shown["no_longer_covered"]) == ([], ["tv"])
    assert counts(databases) == before


async def test_a_change_is_made_once_even_when_the_button_is_pressed_twice(
    ada: Customer, databases: Databases
) -> None:
    old = await since_october(ada, databases)
    path = f"/contracts/{old}/plan-change"
    answers = await asyncio.gather(*(ada.post(path, {"plan_code": "basic"}) for _ in range(3)))
    assert sorted(it.status_code for it in answers) == [201, 409, 409]
    running = databases.rows("customer", "SELECT plan_code FROM contract WHERE status = 'active'")
    assert running == [("basic",)]


async def test_a_plan_of_today_can_be_changed_today_and_costs_nothing(
    ada: Customer, databases: Databases
) -> None:
    old = await ada.contract_id()
    assert (await ada.get(f"/contracts/{old}/plan-change", plan_code="basic")).json()["old"] is None
    assert (await ada.post(f"/contracts/{old}/plan-change", {"plan_code": "basic"})).is_success


async def test_a_year_that_may_be_billed_already_changes_tomorrow(
    ada: Customer, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = NOON.replace(day=1)
    monkeypatch.setattr(clock, "now", lambda: first)
    databases.execute("customer", "UPDATE support_plan SET interval = 'year' WHERE code = 'plus'")
    old = await since_october(ada, databases)
    new = (await ada.post(f"/contracts/{old}/plan-change", {"plan_code": "basic"})).json()
    assert new["starts_on"] == (first.date() + timedelta(days=1)).isoformat()
    assert (await ada.get(f"/contracts/{old}")).json()["ends_on"] == first.date().isoformat()
    # Whoever changes again at once, or cancels, pays no day of it twice, and none without cover.
    path = f"/contracts/{new['id']}/plan-change"
    again = (await ada.post(path, {"plan_code": "plus"})).json()
    assert again["starts_on"] == new["starts_on"]
    gone = (await ada.post(f"/contracts/{again['id']}/cancel")).json()
    assert (gone["ends_on"], gone["next_charge"]) == (first.date().isoformat(), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("standing = 'suspended'", "suspended"),
        ("billing_held = true", "looking into"),
        ("status = 'cancelled', ends_on = '2026-11-01'", "has ended"),
    ],
)
async def test_a_contract_that_stands_against_it_keeps_its_plan(
    customer: httpx.AsyncClient, ada: Customer, databases: Databases, change: str, words: str
) -> None:
    old = await since_october(ada, databases)
    databases.execute("customer", f"UPDATE contract SET {change}")
    before = counts(databases)
    for answer in (
        await ada.get(f"/contracts/{old}/plan-change", plan_code="basic"),
        await ada.post(f"/contracts/{old}/plan-change", {"plan_code": "basic"}),
    ):
        assert answer.status_code == 409
        assert words in answer.json()["detail"]
    assert counts(databases) == before
    document = (await customer.get("/docs/openapi.json")).json()
    of_the_path = document["paths"]["/customer/contracts/{contract_id}/plan-change"]
    assert all("409" in operation["responses"] for operation in of_the_path.values())


async def test_a_debt_is_not_left_behind_by_changing_plans(
    ada: Customer, databases: Databases
) -> None:
    old = await since_october(ada, databases)
    databases.execute(
        "customer",
        "INSERT INTO statement (id, account_id, contract_id, number, version, status,"
        " period_start, period_end, total_cents, currency, lines, issued_at, due_cents)"
        " SELECT uuidv7(), account_id, id, 'INV-00000009', 3, 'declined', '2026-10-01',"
        " '2026-10-31', 2649, 'USD', '[]', now(), 2649 FROM contract",
    )
    answer = await ada.post(f"/contracts/{old}/plan-change", {"plan_code": "basic"})
    assert answer.status_code == 409
    assert "INV-00000009 is not paid" in answer.json()["detail"]


@pytest.mark.parametrize("plan", ["gone", "nothing", "plus"])
async def test_only_another_plan_that_is_sold_can_be_chosen(
    ada: Customer, databases: Databases, plan: str
) -> None:
    old = await since_october(ada, databases)
    answer = await ada.post(f"/contracts/{old}/plan-change", {"plan_code": plan})
    assert answer.status_code == 422
    assert pointers(answer) == {"/plan_code"}


async def test_a_second_contract_on_the_same_plan_and_somebody_elses_are_refused(
    ada: Customer, bob: Customer, databases: Databases
) -> None:
    old = await since_october(ada, databases)
    await ada.contract_id("basic")
    body = {"plan_code": "basic"}
    assert (await ada.post(f"/contracts/{old}/plan-change", body)).status_code == 409
    assert (await bob.post(f"/contracts/{old}/plan-change", body)).status_code == 404
    assert (await bob.get(f"/contracts/{old}/plan-change", **body)).status_code == 404
    assert (await bob.get(f"/contracts/{old}")).status_code == 404
