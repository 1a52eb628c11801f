"""Who has no account makes as much work as who has one: neither words nor time tell them apart."""

from collections.abc import Awaitable, Callable
from typing import Any

import argon2
import httpx
import pytest
from structlog.testing import capture_logs

from tests import hashing
from tests.api.customer.conftest import PASSWORD, customer, join, registration, settings
from tests.api.sysops.conftest import add_staff, sysops
from tests.databases import Databases

__all__ = ["customer", "settings", "sysops"]

Ask = Callable[[str, str], Awaitable[httpx.Response]]
WRONG = "a password that is not it"


class Counted:
    """Argon2, and how often it was at work."""

    def __init__(self, hasher: argon2.PasswordHasher) -> None:
        self._hasher = hasher
        self.work: list[str] = []

    def verify(self, kept: str, password: str) -> Any:
        self.work.append("verify")
        return self._hasher.verify(kept, password)

    def hash(self, password: str) -> str:
        self.work.append("hash")
        return self._hasher.hash(password)

    def check_needs_rehash(self, kept: str) -> bool:
        return self._hasher.check_needs_rehash(kept)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    made = Counted(hashing.CHEAP)
    hashing.use(made, monkeypatch)  # type: ignore[arg-type]
    made.work.clear()
    return made


def told(answer: httpx.Response) -> tuple[int, Any, set[str]]:
    """All that an answer tells, but for the id that each has of its own."""
    return answer.status_code, answer.json() if answer.content else None, set(answer.headers)


async def test_an_unknown_customer_is_as_much_work_as_a_wrong_password(
    customer: httpx.AsyncClient, databases: Databases, counted: Counted
) -> None:
    await join(customer)
    await join(customer, "none@example.com")
    databases.execute(
        "customer", "UPDATE account SET password_hash = NULL WHERE email = 'none@example.com'"
    )
    answers = []
    for email in ("ada@example.com", "none@example.com", "nobody@example.com"):
        counted.work.clear()
        body = {"email": email, "password": WRONG}
        answers.append(
            (*told(await customer.post("/customer/sessions", json=body)), counted.work[:])
        )
    assert answers == [answers[0]] * 3
    assert (answers[0][0], answers[0][3]) == (401, ["verify"])


async def test_unknown_staff_are_as_much_work_as_a_wrong_password(
    sysops: httpx.AsyncClient, databases: Databases, counted: Counted
) -> None:
    for email in ("heidi@squad.example", "new@squad.example", "gone@squad.example"):
        add_staff(databases, "helpdesk", email)
    databases.execute(
        "sysops", "UPDATE staff SET password_hash = NULL WHERE email = 'new@squad.example'"
    )
    databases.execute("sysops", "UPDATE staff SET active = false WHERE email LIKE 'gone%%'")
    answers = []
    for name, password in (("heidi", WRONG), ("new", WRONG), ("nobody", WRONG), ("gone", PASSWORD)):
        counted.work.clear()
        body = {"email": f"{name}@squad.example", "password": password}
        answers.append((*told(await sysops.post("/sysops/sessions", json=body)), counted.work[:]))
    assert answers == [answers[0]] * 4
    assert (answers[0][0], answers[0][3]) == (401, ["verify"])


async def test_asking_for_a_reset_tells_nothing_and_hashes_nothing(
    customer: httpx.AsyncClient, databases: Databases, counted: Counted
) -> None:
    await join(customer)
    sent = "SELECT count(*) FROM to_customer.pgqueuer WHERE entrypoint = 'password_reset_asked'"
    counted.work.clear()
    answers = []
    for number, email in enumerate(("ada@example.com", "nobody@example.com"), start=1):
        body = {"email": email}
        answers.append(told(await customer.post("/customer/passwords/reset-request", json=body)))
        assert databases.rows("customer", sent) == [(number,)]
    assert answers[0] == answers[1]
    assert counted.work == []


async def test_registering_an_address_again_is_as_much_work_as_the_first_time(
    customer: httpx.AsyncClient, counted: Counted
) -> None:
    """It is told (docs/decisions/0020), but to nobody who has not made the server hash first."""
    counted.work.clear()
    for status in (201, 409):
        answer = await customer.post("/customer/accounts", json=registration())
        assert (answer.status_code, counted.work) == (status, ["hash"])
        counted.work.clear()


async def test_signing_in_and_what_is_refused_is_in_the_log_without_whose_address_it_was(
    customer: httpx.AsyncClient,
) -> None:
    one = await join(customer)
    body = {"email": "ada@example.com", "password": PASSWORD}
    with capture_logs() as lines:
        held = (await customer.post("/customer/sessions", json=body)).json()["refresh_token"]
        for _ in range(2):
            await customer.post("/customer/sessions/refresh", json={"refresh_token": held})
        await one.get("/data-requests")
        for _ in range(6):
            await customer.post("/customer/sessions", json=body | {"password": WRONG})
    told = [
        {name: it[name] for name in ("event", "person", "failures", "route") if name in it}
        for it in lines
        if it["event"] != "request"
    ]
    assert told == [
        {"event": "signed_in", "person": one.id},
        {"event": "refresh_token_used_twice", "person": one.id},
        {"event": "role_refused", "person": one.id, "route": "/customer/data-requests"},
        *({"event": "sign_in_refused", "failures": number} for number in range(1, 6)),
        {"event": "sign_in_locked", "failures": 5},
    ]
    assert "ada@example.com" not in str(lines)
