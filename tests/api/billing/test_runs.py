"""Finance sees a held run beside last month's and decides; nobody else does."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.api.billing.conftest import FINANCE, WHO, token
from tests.api.support import pointers
from tests.orchestration.billing.world import OCTOBER, World

REASON = "Checked against the contracts."


async def held(world: World) -> UUID:
    """A run that waits, a month after a finished one; the contract that is new in it."""
    world.plan()
    same, moved = (world.contract(starts_on=OCTOBER.previous.first) for _ in range(2))
    gone = world.contract(starts_on=OCTOBER.previous.first, ends_on=OCTOBER.previous.last)
    world.now -= timedelta(days=31)
    await world.bill(OCTOBER.previous)
    world.now += timedelta(days=31)
    world.execute("UPDATE billing_run SET status = 'issued', total_cents = 900000000")
    world.execute("UPDATE contract SET state = 'CA' WHERE id = %s", moved)
    new = world.contract(starts_on=OCTOBER.first)
    await world.draft()
    await world.check()
    assert await world.decide() == "held"
    assert len({same, moved, gone, new}) == 4
    return new


async def show(billing: httpx.AsyncClient) -> dict[str, Any]:
    answer = await billing.get("/billing/runs/2026-10", headers=token(FINANCE))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_the_runs_are_listed_newest_first(billing: httpx.AsyncClient, world: World) -> None:
    await held(world)
    answer = await billing.get("/billing/runs", headers=token(FINANCE))
    found = [(run["period"], run["status"], run["invoices"]) for run in answer.json()]
    assert found == [("2026-10", "held", 3), ("2026-09", "issued", 3)]


async def test_a_held_run_shows_why_and_what_changed_since_last_month(
    billing: httpx.AsyncClient, world: World
) -> None:
    new = await held(world)
    run = await show(billing)
    assert run["allowed"] == ["approve", "draft", "refuse"]
    failed = [it["name"] for it in run["findings"] if not it["ok"]]
    assert failed == ["total_like_last_month"]
    compared = run["comparison"]
    assert compared["last"]["period"] == "2026-09"
    assert compared["same"] == {"contracts": 1, "cents": 0}
    assert compared["new"] == {"contracts": 1, "cents": 2079}
    assert compared["gone"] == {"contracts": 1, "cents": -2079}
    assert compared["changed"] == {"contracts": 1, "cents": 2144 - 2079}
    assert [it["act"] for it in run["history"]] == ["drafted", "held"]
    answer = await billing.get(
        "/billing/runs/2026-10/changes", params={"kind": "new"}, headers=token(FINANCE)
    )
    (item,) = answer.json()["items"]
    assert item["contract_id"] == str(new)
    assert (item["this_cents"], item["last_cents"]) == (2079, None)
    assert item["why"] == "The contract began in this month."
    assert item["this_line"] == "Plan basic, 2026-10-01 to 2026-10-31"


async def test_changes_come_page_by_page(billing: httpx.AsyncClient, world: World) -> None:
    world.plan()
    contracts = sorted(str(world.contract()) for _ in range(5))
    await world.draft()
    seen: list[str] = []
    after = None
    while True:
        params = {"kind": "new", "limit": "2"} | ({"after": after} if after else {})
        answer = await billing.get(
            "/billing/runs/2026-10/changes", params=params, headers=token(FINANCE)
        )
        seen += [it["contract_id"] for it in answer.json()["items"]]
        after = answer.json()["next_after"]
        if after is None:
            break
    assert seen == contracts


async def test_changes_come_largest_first_with_their_reasons_and_by_customer(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    world.plan("plus", 4999)
    large = world.contract("plus", starts_on=OCTOBER.first)
    await world.draft()

    async def ask(**params: str) -> list[dict[str, Any]]:
        answer = await billing.get(
            "/billing/runs/2026-10/changes", params=params, headers=token(FINANCE)
        )
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    new = await ask(kind="new")
    assert [it["this_cents"] for it in new] == [5199, 2079]
    assert new[0]["contract_id"] == str(large)
    assert await ask(kind="new", after=str(large)) == new[1:]
    assert await ask(kind="new", customer_id=new[1]["customer_id"]) == new[1:]
    (gone,) = await ask(kind="gone")
    assert gone["why"] == "The contract ended before this month."
    (changed,) = await ask(kind="changed")
    assert changed["why"] == "The tax is another."


@pytest.mark.parametrize("reason", ["No.\x00", " \n  ", "No", "x" * 501])
async def test_a_decision_needs_a_reason_that_can_be_read_and_kept(
    billing: httpx.AsyncClient, world: World, reason: str
) -> None:
    await held(world)
    asked = {"rows_hash": (await show(billing))["rows_hash"], "reason": reason}
    for act, body in (("approval", asked), ("refusal", {"reason": reason})):
        answer = await billing.post(
            f"/billing/runs/2026-10/{act}", json=body, headers=token(FINANCE)
        )
        assert (answer.status_code, pointers(answer)) == (400, {"/reason"}), answer.text
    assert (await show(billing))["status"] == "held"


async def test_finance_approves_what_it_saw_and_that_is_issued(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    body = {"rows_hash": (await show(billing))["rows_hash"], "reason": REASON}
    answer = await billing.post("/billing/runs/2026-10/approval", json=body, headers=token(FINANCE))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["approved_by"]) == ("approved", str(WHO))
    last = answer.json()["history"][-1]
    assert (last["act"], last["actor"], last["detail"]) == ("approved", str(WHO), REASON)
    assert (await world.issue()).issued == 3
    again = await billing.post("/billing/runs/2026-10/approval", json=body, headers=token(FINANCE))
    assert again.status_code == 409
    assert again.json()["allowed"] == ["charge", "finish"]


async def test_rows_that_changed_since_they_were_seen_are_not_approved(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    body = {"rows_hash": (await show(billing))["rows_hash"], "reason": REASON}
    world.contract(starts_on=OCTOBER.first)
    await world.draft()
    await world.check()
    await world.decide()
    answer = await billing.post("/billing/runs/2026-10/approval", json=body, headers=token(FINANCE))
    assert answer.status_code == 409
    assert "not the ones you saw" in answer.json()["detail"]
    assert (await show(billing))["status"] == "held"


async def test_finance_refuses_with_a_reason_and_nothing_is_issued(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    answer = await billing.post(
        "/billing/runs/2026-10/refusal", json={"reason": "Wrong rates."}, headers=token(FINANCE)
    )
    assert answer.status_code == 200
    assert answer.json()["status"] == "refused"
    assert answer.json()["history"][-1]["detail"] == "Wrong rates."
    assert (await world.issue()).issued == 0


async def test_a_run_that_a_blocking_check_failed_cannot_be_approved(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    world.execute("UPDATE invoice_line SET amount_cents = amount_cents + 1 WHERE kind = 'tax'")
    await world.check()
    body = {"rows_hash": (await show(billing))["rows_hash"], "reason": REASON}
    answer = await billing.post("/billing/runs/2026-10/approval", json=body, headers=token(FINANCE))
    assert answer.status_code == 409
    assert "Put right and draft again" in answer.json()["detail"]


async def test_every_error_of_a_decision_is_listed_and_nothing_is_written(
    billing: httpx.AsyncClient, world: World
) -> None:
    await held(world)
    before = world.fingerprint()
    answer = await billing.post(
        "/billing/runs/2026-10/approval",
        json={"rows_hash": "no hash", "reason": "", "extra": 1},
        headers=token(FINANCE),
    )
    assert answer.status_code == 400
    assert pointers(answer) == {"/rows_hash", "/reason", "/extra"}
    assert world.fingerprint() == before


@pytest.mark.parametrize("period", ["2026-13", "october", "2031-01"])
async def test_a_month_without_a_run_is_not_found(billing: httpx.AsyncClient, period: str) -> None:
    answer = await billing.get(f"/billing/runs/{period}", headers=token(FINANCE))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")


NOBODY = UUID(int=9)
ACTORS = {"finance", "administrator"}
ROUTES = [
    ("GET", "/billing/runs", {"finance", "administrator"}),
    ("GET", "/billing/runs/2026-10", {"finance", "administrator"}),
    ("GET", "/billing/runs/2026-10/changes?kind=new", {"finance", "administrator"}),
    ("GET", "/billing/runs/2026-10/outliers", ACTORS),
    ("POST", "/billing/runs/2026-10/approval", {"finance"}),
    ("POST", "/billing/runs/2026-10/refusal", {"finance"}),
    ("GET", "/billing/runs/2026-10/reruns", ACTORS),
    ("POST", "/billing/runs/2026-10/reruns", ACTORS),
    ("GET", "/billing/one-offs", ACTORS),
    ("POST", "/billing/one-offs", ACTORS),
    ("GET", f"/billing/one-offs/{NOBODY}", ACTORS),
    ("POST", f"/billing/one-offs/{NOBODY}/withdrawal", ACTORS),
    ("GET", "/billing/approval-limit", ACTORS),
    ("PUT", "/billing/approval-limit", {"administrator"}),
    ("GET", f"/billing/invoices?customer_id={NOBODY}", {"finance", "administrator"}),
    ("GET", f"/billing/invoices/{NOBODY}", {"finance", "administrator"}),
    ("GET", "/billing/alerts", {"finance", "administrator"}),
    ("POST", f"/billing/alerts/{NOBODY}/closing", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/retry", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/credit-notes", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/refunds", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/write-off", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/release", ACTORS),
    ("POST", f"/billing/invoices/{NOBODY}/void", ACTORS),
    ("POST", f"/billing/contracts/{NOBODY}/hold", ACTORS),
    ("POST", f"/billing/contracts/{NOBODY}/release", ACTORS),
    ("GET", f"/billing/refunds/{NOBODY}", ACTORS),
    ("GET", "/billing/chargebacks", ACTORS),
    ("GET", f"/billing/chargebacks/{NOBODY}", ACTORS),
    ("POST", f"/billing/chargebacks/{NOBODY}/write-off", ACTORS),
    ("GET", "/billing/acts", ACTORS),
    ("GET", f"/billing/customers/{NOBODY}", ACTORS),
]


@pytest.mark.parametrize(("method", "path", "roles"), ROUTES)
async def test_each_route_is_for_its_roles_alone(
    billing: httpx.AsyncClient, method: str, path: str, roles: set[str]
) -> None:
    assert (await billing.request(method, path)).status_code == 401
    elsewhere = token(FINANCE, audience="sysops")
    assert (await billing.request(method, path, headers=elsewhere)).status_code == 401
    for role in ("expert", "helpdesk", "manager", "administrator", "finance"):
        answer = await billing.request(method, path, headers=token(role))
        assert (answer.status_code == 403) is (role not in roles), role


async def test_every_route_is_described(billing: httpx.AsyncClient) -> None:
    schema = (await billing.get("/docs/openapi.json")).json()
    operations = [it for path in schema["paths"].values() for it in path.values()]
    # One more is the provider's, which signs instead of signing in.
    assert len(operations) == len(ROUTES) + 1
    assert all(it.get("summary") and it.get("description") for it in operations)
