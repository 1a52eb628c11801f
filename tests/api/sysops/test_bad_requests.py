"""Whatever is sent, the answer is a problem that says what is wrong, and never a 500."""

from typing import Any

import httpx
import pytest

from tests.api.support import pointers
from tests.api.sysops.conftest import SignIn, add_staff
from tests.api.sysops.test_phone_tickets import phone_ticket
from tests.databases import Databases
from tests.messaging import deliver, send
from tests.world import furnish, household, tomorrow_at

BODIES = {
    "not UTF-8": b'{"email":"a@example.com","password":"\xff"}',
    "nested without end": b'{"email":"a@example.com","password":' + b"[" * 100_000,
    "nested where nothing is expected": b'{"more":' * 90_000,
    "half a character": b'{"email":"a@example.com","password":"\\ud800"}',
    "not JSON": b"email=a@example.com",
    "nothing": b"",
    "null": b"null",
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_cannot_be_read_is_a_problem_that_lists_why(
    sysops: httpx.AsyncClient, name: str
) -> None:
    answer = await sysops.post(
        "/sysops/sessions", content=BODIES[name], headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Invalid request"
    assert pointers(answer) == {""}


async def test_a_body_that_is_too_large_is_refused(sysops: httpx.AsyncClient) -> None:
    body = {"email": "a@example.com", "password": "x" * 1_100_000}
    answer = await sysops.post("/sysops/sessions", json=body)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["", "?text=a", "?text=%20%20%20", "?text=ab%00c"])
async def test_a_search_for_nothing_says_what_is_wrong_with_it(
    sysops: httpx.AsyncClient, databases: Databases, sign_in: SignIn, query: str
) -> None:
    add_staff(databases, "helpdesk")
    desk = await sign_in("helpdesk@squad.example")
    answer = await sysops.get(f"/sysops/customers{query}", headers=desk)
    assert answer.status_code == 400
    assert "text" in str(answer.json()["errors"])


def short_window() -> list[dict[str, str]]:
    start = tomorrow_at(15)
    return [{"start": start.isoformat(), "end": start.replace(hour=16).isoformat()}]


def endless_window() -> list[dict[str, str]]:
    return [{"start": tomorrow_at(15).isoformat(), "end": "9999-12-31T23:59:59-12:00"}]


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("description", "It does\u0000 not start.", "/description"),
        ("contact_name", "Ada\nBcc: everybody", "/contact_name"),
        ("contact_name", "   ", "/contact_name"),
        ("preferred_windows", short_window(), "/preferred_windows/0"),
        ("preferred_windows", endless_window(), "/preferred_windows/0"),
    ],
)
async def test_a_phone_ticket_that_nobody_could_keep_or_serve_is_refused_at_its_field(
    sysops: httpx.AsyncClient,
    databases: Databases,
    sign_in: SignIn,
    field: str,
    value: Any,
    pointer: str,
) -> None:
    furnish(databases)
    home = household()
    await send(databases, home.directory(), home.entitlement())
    await deliver(databases, "customer", "sysops")
    add_staff(databases, "helpdesk")
    desk = await sign_in("helpdesk@squad.example")
    answer = await sysops.post(
        "/sysops/tickets", json=phone_ticket(home) | {field: value}, headers=desk
    )
    assert answer.status_code in {400, 422}
    assert pointers(answer) == {pointer}
    assert databases.rows("sysops", "SELECT count(*) FROM ticket") == [(0,)]
