"""Customers ask for their data or its end, and take that back; administrators file for them."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from api.messages import DataRequestByStaff
from tests.api.customer.conftest import PASSWORD, Customer, join, sent
from tests.api.customer.world import add_household
from tests.api.served import token
from tests.api.support import bearer, pointers
from tests.databases import Databases

MINE = "/me/data-requests"
ERASURE = {"kind": "erasure", "password": PASSWORD}


@pytest.fixture
async def eve(customer: httpx.AsyncClient) -> Customer:
    """Somebody with a password and no contract."""
    return await join(customer, "eve@example.com")


@pytest.fixture
def admin(customer: httpx.AsyncClient) -> Customer:
    """An administrator, who signed in at sysops."""
    person = uuid4()
    return Customer(customer, str(person), bearer(token("sysops", person, "administrator")))


async def test_an_export_is_begun_at_once_and_asked_for_once_a_day(
    eve: Customer, databases: Databases
) -> None:
    answer = await eve.post(MINE, {"kind": "export"})
    asked = answer.json()
    assert (answer.status_code, asked["status"], asked["parts"]) == (202, "requested", 0)
    assert asked["due_at"] == asked["asked_at"]
    assert (await eve.post(MINE, {"kind": "export"})).status_code == 409
    assert (await eve.get(f"{MINE}/{asked['id']}/export")).status_code == 404
    assert (await eve.delete(f"{MINE}/{asked['id']}")).status_code == 409
    databases.execute("customer", "UPDATE data_request SET status = 'done'")
    later = await eve.post(MINE, {"kind": "export"})
    assert later.status_code == 429
    assert int(later.headers["Retry-After"]) > 80_000
    listed = (await eve.get(MINE, limit=1)).json()
    assert [it["id"] for it in listed["data_requests"]] == [asked["id"]]
    second = (await eve.get(MINE, limit=1, cursor=listed["next_cursor"])).json()
    assert second == {"data_requests": [], "next_cursor": None}


async def test_an_export_is_fetched_part_by_part_by_its_customer_until_its_time_is_over(
    eve: Customer, bob: Customer, databases: Databases
) -> None:
    asked = (await eve.post(MINE, {"kind": "export"})).json()["id"]
    databases.execute(
        "customer",
        "UPDATE data_request SET status = 'done', parts = 2, expires_at = now() + '1 hour'",
    )
    databases.execute(
        "customer", "INSERT INTO export_part VALUES (%s, 1, 'one'), (%s, 2, 'two')", asked, asked
    )
    file = f"{MINE}/{asked}/export"
    for part, content in ((1, b"one"), (2, b"two")):
        answer = await eve.get(file, part=part)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["Content-Type"] == "application/zip"
        assert f"data-{part}-of-2.zip" in answer.headers["Content-Disposition"]
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await eve.get(file, part=3)).status_code == 404
    assert (await bob.get(file)).status_code == 404
    databases.execute("customer", "UPDATE data_request SET expires_at = now()")
    assert (await eve.get(file)).status_code == 404


async def test_an_erasure_needs_the_password_waits_a_week_and_can_be_withdrawn(
    eve: Customer, databases: Databases
) -> None:
    for body in ({"kind": "erasure"}, ERASURE | {"password": "not this one, I think"}):
        answer = await eve.post(MINE, body)
        assert (answer.status_code, pointers(answer)) == (422, {"/password"})
    asked = (await eve.post(MINE, ERASURE)).json()
    due = datetime.fromisoformat(asked["due_at"]) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < due <= timedelta(days=7)
    assert (await eve.post(MINE, ERASURE)).status_code == 409
    assert (await eve.delete(f"{MINE}/{asked['id']}")).status_code == 204
    assert (await eve.delete(f"{MINE}/{asked['id']}")).status_code == 409
    assert (await eve.get(f"{MINE}/{asked['id']}")).json()["status"] == "withdrawn"
    assert (await eve.post(MINE, ERASURE)).status_code == 202
    mails = databases.rows("customer", "SELECT kind FROM notification WHERE kind LIKE 'erasure%%'")
    assert mails == [("erasure_requested",)] * 2


async def test_wrong_passwords_for_an_erasure_count_as_in_signing_in(eve: Customer) -> None:
    for _ in range(5):
        await eve.post(MINE, ERASURE | {"password": "not this one, I think"})
    answer = await eve.post(MINE, ERASURE)
    assert answer.status_code == 429
    signing_in = {"email": "eve@example.com", "password": PASSWORD}
    assert (await eve.http.post("/customer/sessions", json=signing_in)).status_code == 429


async def test_an_erasure_is_refused_with_all_that_has_to_be_done_first(
    eve: Customer, databases: Databases
) -> None:
    await eve.ticket_id()
    databases.execute(
        "customer",
        "INSERT INTO statement (id, account_id, contract_id, number, version, status, period_start,"
        " period_end, total_cents, currency, lines, issued_at, settlements) SELECT uuidv7(), %s,"
        " uuidv7(), 'INV-' || status, 1, status, now(), now(), 1, 'USD', '[]', now(), done"
        " FROM (VALUES ('declined', '[]'::jsonb), ('paid', '[{\"status\": \"under_way\"}]'))"
        " AS it (status, done)",
        eve.id,
    )
    databases.execute("customer", "INSERT INTO credit VALUES (%s, 450, 'USD', 1)", eve.id)
    answer = await eve.post(MINE, ERASURE)
    assert answer.status_code == 409
    for words in (
        "contract on the plan plus is running. Cancel it first",
        "A ticket without a number yet is open",
        "Invoice INV-declined is not paid yet",
        "refund of invoice INV-paid is under way",
        "a credit of $4.50",
    ):
        assert words in answer.json()["detail"]
    databases.execute("customer", "UPDATE contract SET status = 'cancelled'")
    databases.execute("customer", "UPDATE ticket SET status = 'closed'")
    databases.execute("customer", "DELETE FROM statement")
    assert (await eve.post(MINE, ERASURE)).status_code == 409
    assert (await eve.post(MINE, ERASURE | {"give_up_credit": True})).status_code == 202


async def test_what_somebody_else_asked_for_is_not_there(eve: Customer, bob: Customer) -> None:
    asked = (await eve.post(MINE, ERASURE)).json()["id"]
    assert (await bob.get(f"{MINE}/{asked}")).status_code == 404
    assert (await bob.get(f"{MINE}/{asked}/export")).status_code == 404
    assert (await bob.delete(f"{MINE}/{asked}")).status_code == 404
    assert (await bob.get(MINE)).json()["data_requests"] == []


async def test_an_account_without_a_password_sets_one_first(ada: Customer) -> None:
    answer = await ada.post(MINE, ERASURE)
    assert answer.status_code == 409
    assert "Set one first" in answer.json()["detail"]


async def test_an_administrator_files_for_a_customer_who_is_told_and_it_is_audited(
    admin: Customer, eve: Customer, databases: Databases
) -> None:
    body = {"customer_id": eve.id, "kind": "erasure", "reason": "Letter of May 3, signed."}
    filed = (await admin.post("/data-requests", body)).json()
    assert (filed["asked_by"], filed["reason"]) == (admin.id, "Letter of May 3, signed.")
    own = (await eve.get(f"{MINE}/{filed['id']}")).json()
    assert own["status"] == "requested"
    assert "reason" not in own
    ((context,),) = databases.rows(
        "customer", "SELECT context FROM notification WHERE kind = 'erasure_requested'"
    )
    assert context["by_staff"] is True
    listed = (await admin.get("/data-requests", kind="erasure", customer_id=eve.id)).json()
    assert [it["customer_id"] for it in listed["data_requests"]] == [eve.id]
    assert (await admin.delete(f"/data-requests/{filed['id']}")).status_code == 204
    assert (await admin.get(f"/data-requests/{filed['id']}")).json()["status"] == "withdrawn"
    acts = sent(databases, DataRequestByStaff)
    assert [(it.act, str(it.actor_id), str(it.customer_id)) for it in acts] == [
        ("filed", admin.id, eve.id),
        ("withdrawn", admin.id, eve.id),
    ]
    nobody = body | {"customer_id": str(uuid4())}
    assert (await admin.post("/data-requests", nobody)).status_code == 404


async def test_an_administrator_is_held_to_the_same_obstacles(
    admin: Customer, databases: Databases
) -> None:
    home = add_household(databases)
    body = {"customer_id": str(home.account_id), "kind": "erasure", "reason": "A call."}
    answer = await admin.post("/data-requests", body)
    assert answer.status_code == 409
    assert databases.rows("customer", "SELECT 1 FROM data_request") == []


async def test_nobody_files_for_a_closed_account(admin: Customer, databases: Databases) -> None:
    home = add_household(databases)
    databases.execute("customer", "UPDATE account SET closed_at = now()")
    body = {"customer_id": str(home.account_id), "kind": "export", "reason": "A call."}
    assert (await admin.post("/data-requests", body)).status_code == 404
