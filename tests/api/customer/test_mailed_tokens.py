"""Customers confirm their e-mail address and set a new password, by a token from a mail."""

import asyncio
from typing import Any

import httpx
import pytest

from api.customer.accounts.links import MailedTokens
from api.messages import CustomerNotification, PasswordResetAsked
from tests.api.customer.conftest import PASSWORD, SURVEY_KEY, Customer, join, sent
from tests.api.support import pointers
from tests.databases import Databases
from tests.integration.customer.conftest import api_port, sandbox
from tests.messaging import dead_letters, deliver

__all__ = ["api_port", "sandbox"]

pytestmark = pytest.mark.usefixtures("sandbox")

ADA = "ada@example.com"
NEW = "another battery and horse"


@pytest.fixture
async def registered(customer: httpx.AsyncClient) -> Customer:
    return await join(customer)


def mailed(databases: Databases, purpose: str) -> list[str]:
    """The tokens that the mails of one purpose carry, in order."""
    rows = databases.rows(
        "customer",
        "SELECT m.id FROM mailed_token m JOIN notification n ON n.cause = m.id::text"
        " AND n.kind = m.purpose AND n.channel = 'email' WHERE m.purpose = %s ORDER BY m.id",
        purpose,
    )
    return [MailedTokens(SURVEY_KEY).token(row[0]) for row in rows]


def written(databases: Databases) -> list[tuple[Any, ...]]:
    """How much is known of mails and of who signs in."""
    tables = ("mailed_token", "notification", "sign_in_failure", "refresh_token", "account")
    queries = (f"SELECT '{it}', count(*), max(xmin::text) FROM {it}" for it in tables)
    return databases.rows("customer", " UNION ALL ".join(queries))


def earlier(databases: Databases, minutes: float) -> None:
    """What was mailed was mailed longer ago."""
    databases.execute(
        "customer",
        "UPDATE mailed_token SET sent_at = sent_at - make_interval(secs => %s),"
        " expires_at = expires_at - make_interval(secs => %s)",
        minutes * 60,
        minutes * 60,
    )


async def confirm(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post("/customer/accounts/confirmation", json={"token": token})


async def ask(http: httpx.AsyncClient, email: str = ADA) -> httpx.Response:
    return await http.post("/customer/passwords/reset-request", json={"email": email})


async def have_reset(http: httpx.AsyncClient, databases: Databases) -> str:
    """The token of the mail that was asked for last; the sender of mails makes it."""
    assert (await ask(http)).status_code == 202
    await deliver(databases, "customer", "customer")
    return mailed(databases, "reset_password")[-1]


async def reset(http: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    body = {"token": token, "password": password}
    return await http.post("/customer/passwords", json=body)


async def sign_in(http: httpx.AsyncClient, password: str) -> httpx.Response:
    return await http.post("/customer/sessions", json={"email": ADA, "password": password})


async def is_confirmed(one: Customer) -> Any:
    return (await one.get("/me")).json()["email_confirmed"]


async def test_the_mail_after_a_registration_confirms_the_address_once(
    registered: Customer, databases: Databases
) -> None:
    assert await is_confirmed(registered) is False
    assert len(sent(databases, CustomerNotification)) == 1
    (token,) = mailed(databases, "confirm_email")
    assert (await confirm(registered.http, token)).status_code == 204
    assert await is_confirmed(registered) is True
    again = await confirm(registered.http, token)
    assert again.status_code == 422
    assert pointers(again) == {"/token"}


async def test_a_customer_whose_address_is_not_confirmed_gets_a_plan_and_a_ticket(
    registered: Customer,
) -> None:
    assert await registered.ticket_id()
    assert await is_confirmed(registered) is False


async def test_a_mailed_token_is_not_written_down(
    registered: Customer, databases: Databases
) -> None:
    (token,) = mailed(databases, "confirm_email")
    kept = databases.rows(
        "customer",
        "SELECT mailed_token::text FROM mailed_token UNION SELECT notification::text"
        " FROM notification UNION SELECT convert_from(payload, 'UTF8') FROM to_customer.pgqueuer",
    )
    assert len(kept) == 3
    assert all(token not in row[0] and token.encode().hex() not in row[0] for row in kept)


async def test_a_confirmation_ends_after_three_days_and_is_sent_again_on_demand(
    registered: Customer, databases: Databases
) -> None:
    earlier(databases, 3 * 24 * 60)
    (late,) = mailed(databases, "confirm_email")
    assert (await confirm(registered.http, late)).status_code == 422
    assert (await registered.post("/accounts/confirmation/resend")).status_code == 202
    fresh = mailed(databases, "confirm_email")[-1]
    assert (await confirm(registered.http, fresh)).status_code == 204
    over = await registered.post("/accounts/confirmation/resend")
    assert over.status_code == 409


async def test_the_mail_is_sent_again_once_a_minute_and_five_times_a_day(
    registered: Customer, databases: Databases
) -> None:
    path = "/accounts/confirmation/resend"
    soon = await registered.post(path)
    assert soon.status_code == 429
    assert 50 <= int(soon.headers["retry-after"]) <= 60
    for _ in range(4):
        earlier(databases, 1)
        assert (await registered.post(path)).status_code == 202
    earlier(databases, 1)
    enough = await registered.post(path)
    assert enough.status_code == 429
    assert int(enough.headers["retry-after"]) > 23 * 3600
    assert (await registered.http.post(f"/customer{path}")).status_code == 401


async def test_a_forgotten_password_is_set_anew_by_mail(
    registered: Customer, databases: Databases
) -> None:
    token = await have_reset(registered.http, databases)
    assert (await reset(registered.http, token)).status_code == 204
    assert (await sign_in(registered.http, PASSWORD)).status_code == 401
    assert (await sign_in(registered.http, NEW)).status_code == 200
    # The mail has reached its customer, so the address is right; and a mail tells of the change.
    assert await is_confirmed(registered) is True
    kinds = databases.rows("customer", "SELECT kind FROM notification ORDER BY id")
    assert [kind for (kind,) in kinds] == ["confirm_email", "reset_password", "password_changed"]


async def test_asking_for_a_new_password_tells_nobody_who_has_an_account(
    registered: Customer, databases: Databases
) -> None:
    await deliver(databases, "customer", "customer")
    before = written(databases)
    emails = (ADA, "nobody@example.com", ADA)
    answers = [await ask(registered.http, email) for email in emails]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    # Each took the same steps: nothing but a message is written, to nobody or to somebody.
    assert len(sent(databases, PasswordResetAsked)) == len(emails)
    assert written(databases) == before
    await deliver(databases, "customer", "customer")
    assert dead_letters(databases, "customer", "customer") == 0
    assert len(mailed(databases, "reset_password")) == 1


async def test_a_new_password_ends_every_signing_in_and_every_wait(
    registered: Customer, databases: Databases
) -> None:
    held = (await sign_in(registered.http, PASSWORD)).json()
    for _ in range(5):
        await sign_in(registered.http, "wrong")
    token = await have_reset(registered.http, databases)
    assert (await reset(registered.http, token)).status_code == 204
    body = {"refresh_token": held["refresh_token"]}
    answer = await registered.http.post("/customer/sessions/refresh", json=body)
    assert answer.status_code == 401
    assert (await sign_in(registered.http, NEW)).status_code == 200


async def test_a_reset_token_is_good_once_and_ends_those_before_it(
    registered: Customer, databases: Databases
) -> None:
    older = await have_reset(registered.http, databases)
    earlier(databases, 1)
    newer = await have_reset(registered.http, databases)
    answers = await asyncio.gather(reset(registered.http, newer), reset(registered.http, newer))
    assert sorted(answer.status_code for answer in answers) == [204, 422]
    assert (await reset(registered.http, older)).status_code == 422


async def test_a_reset_token_ends_after_an_hour(registered: Customer, databases: Databases) -> None:
    token = await have_reset(registered.http, databases)
    earlier(databases, 60)
    assert (await reset(registered.http, token)).status_code == 422
    assert (await sign_in(registered.http, PASSWORD)).status_code == 200


async def test_a_token_is_good_for_its_own_purpose_alone(
    registered: Customer, databases: Databases
) -> None:
    to_reset = await have_reset(registered.http, databases)
    (to_confirm,) = mailed(databases, "confirm_email")
    assert (await reset(registered.http, to_confirm)).status_code == 422
    assert (await confirm(registered.http, to_reset)).status_code == 422


@pytest.mark.parametrize("password", ["Ada Example is my name", "iloveyouiloveyou"])
async def test_a_password_that_is_tried_early_is_refused_and_the_token_stays_good(
    registered: Customer, databases: Databases, password: str
) -> None:
    token = await have_reset(registered.http, databases)
    refused = await reset(registered.http, token, password)
    assert refused.status_code in {400, 422}
    assert pointers(refused) == {"/password"}
    assert (await reset(registered.http, token)).status_code == 204


async def test_a_new_password_lists_every_error(customer: httpx.AsyncClient) -> None:
    body = {"token": "", "password": "too shrt", "email": ADA}
    answer = await customer.post("/customer/passwords", json=body)
    assert answer.status_code == 400
    assert pointers(answer) == {"/token", "/password", "/email"}
    assert "too shrt" not in answer.text
