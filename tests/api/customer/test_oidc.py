"""Customers sign in through an OpenID provider, which runs and is asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from api.customer.quantum import QuantumSettings, quantum
from api.kernel import clock
from api.kernel.sign_in.attempts import secrets_of
from api.messages import CustomerChanged
from tests import openid_provider
from tests.api.customer.conftest import Customer, counts, join, sent
from tests.api.customer.world import furnish
from tests.api.support import bearer, client, pointers
from tests.databases import Databases
from tests.openid_provider import CLIENT_ID, SECRET, Provider

PORTAL, APP = "https://portal.example/signed-in", "com.example.squad:/signed-in"
ADA = "ada@example.com"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with openid_provider.running() as running:
        yield running


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    """It knows Ada, whose address it has verified."""
    one_provider.behave()
    one_provider.knows("ada-1", email=ADA, email_verified=True, name="Ada Lovelace")
    return one_provider


def at(settings: QuantumSettings, issuer: str, **more: Any) -> QuantumSettings:
    """The settings with a provider to sign in through."""
    oidc = {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_redirect_urls": f"{PORTAL} {APP}",
    }
    return QuantumSettings(**(settings.model_dump() | oidc | more))


@dataclass(frozen=True)
class Browser:
    """A client of the API, and the browser in which its person signs in at the provider."""

    http: httpx.AsyncClient
    provider: Provider

    async def begin(self, **body: Any) -> httpx.Response:
        return await self.http.post("/customer/sessions/oidc", json=body)

    async def begun(self, subject: str = "ada-1", **body: Any) -> dict[str, Any]:
        """What is to be sent to finish, after somebody signed in at the provider."""
        answer = await self.begin(**body)
        assert answer.status_code == 201, answer.text
        attempt = answer.json()
        returned = self.provider.sign_in(attempt["authorization_url"], subject)
        assert returned["state"] == attempt["state"]
        return {"attempt": attempt["attempt"], **returned}

    async def finish(self, body: dict[str, Any]) -> httpx.Response:
        return await self.http.post("/customer/sessions/oidc/callback", json=body)

    async def sign_in(self, subject: str = "ada-1", **body: Any) -> httpx.Response:
        return await self.finish(await self.begun(subject, **body))

    async def customer(self, subject: str = "ada-1") -> Customer:
        answer = await self.sign_in(subject)
        assert answer.status_code == 200, answer.text
        held = answer.json()
        return Customer(self.http, held["account_id"], bearer(held["access_token"]))


@pytest.fixture
async def browser(
    settings: QuantumSettings, databases: Databases, provider: Provider
) -> AsyncIterator[Browser]:
    furnish(databases)
    async with client(quantum, at(settings, provider.issuer)) as http:
        yield Browser(http, provider)


def confirm(databases: Databases) -> None:
    databases.execute("customer", "UPDATE account SET email_confirmed_at = now()")


def linked(databases: Databases) -> list[tuple[Any, ...]]:
    return databases.rows("customer", "SELECT subject, account_id::text FROM identity ORDER BY id")


async def test_a_new_customer_signs_in_and_tells_what_is_missing_before_the_first_ticket(
    browser: Browser, databases: Databases
) -> None:
    ada = await browser.customer()
    me = (await ada.get("/me")).json()
    assert (me["email"], me["full_name"], me["email_confirmed"]) == (ADA, "Ada Lovelace", True)
    assert (me["phone"], me["missing"]) == ("", ["phone", "address"])
    early = await ada.post("/contracts", {"plan_code": "plus", "address_id": ada.id})
    assert (early.status_code, early.json()["missing"]) == (409, ["phone", "address"])
    assert "PATCH /customer/me" in early.json()["detail"]
    ticket = {
        "contract_id": ada.id,
        "address_id": ada.id,
        "ticket_type": "tv-picture",
        "description": "There is sound, but no picture.",
    }
    assert (await ada.post("/tickets", ticket)).json()["missing"] == ["phone", "address"]
    assert sent(databases, CustomerChanged) == []
    told = await ada.patch("/me", {"phone": "(512) 555-0123"})
    assert (told.json()["phone"], told.json()["missing"]) == ("+15125550123", ["address"])
    await ada.post("/me/addresses", {"line1": "1 Congress Ave", "city": "Austin", "zip": "78701"})
    assert (await ada.get("/me")).json()["missing"] == []
    known = sent(databases, CustomerChanged)[-1]
    assert (known.phone, len(known.addresses)) == ("+15125550123", 1)
    assert await ada.ticket_id()


async def test_who_signs_in_again_has_the_same_account_and_stays_signed_in(
    browser: Browser, databases: Databases
) -> None:
    first = (await browser.sign_in()).json()
    # The provider's name for a person is what counts: an address can change.
    browser.provider.knows("ada-1", email="new@example.com", email_verified=True)
    second = (await browser.sign_in(redirect_url=APP)).json()
    assert second["account_id"] == first["account_id"]
    assert linked(databases) == [("ada-1", first["account_id"])]
    body = {"refresh_token": second["refresh_token"]}
    renewed = await browser.http.post("/customer/sessions/refresh", json=body)
    assert renewed.json().keys() == second.keys()


async def test_a_verified_address_opens_the_account_that_its_customer_has_confirmed(
    browser: Browser, databases: Databases
) -> None:
    registered = await join(browser.http)
    confirm(databases)
    ada = await browser.customer()
    assert ada.id == registered.id
    kinds = databases.rows("customer", "SELECT kind FROM notification ORDER BY id")
    assert kinds == [("confirm_email",), ("identity_linked",)]
    (identity,) = (await ada.get("/me/identities")).json()
    assert identity["issuer"] == browser.provider.issuer
    assert (await ada.delete(f"/me/identities/{identity['id']}")).status_code == 204
    assert (await ada.delete(f"/me/identities/{identity['id']}")).status_code == 404
    assert (await ada.get("/me/identities")).json() == []


async def test_an_account_that_nobody_has_confirmed_is_not_shared_with_its_maker(
    browser: Browser, databases: Databases
) -> None:
    await join(browser.http)
    refused = await browser.sign_in()
    assert refused.status_code == 409
    assert "set a new password by mail" in refused.json()["detail"]
    assert linked(databases) == []


@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "false"}])
@pytest.mark.parametrize("known", [True, False])
async def test_an_address_that_is_not_verified_opens_nothing(
    browser: Browser, databases: Databases, verified: dict[str, Any], known: bool
) -> None:
    if known:
        await join(browser.http)
        confirm(databases)
    before = counts(databases)
    browser.provider.knows("eve-1", email=ADA, **verified)
    refused = await browser.sign_in("eve-1")
    assert refused.status_code == 403
    assert "verified" in refused.json()["detail"]
    assert (counts(databases), linked(databases)) == (before, [])


async def test_another_person_who_got_the_address_is_not_let_in(
    browser: Browser, databases: Databases
) -> None:
    ada = await browser.customer()
    browser.provider.knows("heir-1", email=ADA, email_verified=True)
    assert (await browser.sign_in("heir-1")).status_code == 409
    assert linked(databases) == [("ada-1", ada.id)]


async def test_identities_are_their_own_customers(browser: Browser) -> None:
    browser.provider.knows("bob-1", email="bob@example.com", email_verified=True)
    ada, bob = await browser.customer(), await browser.customer("bob-1")
    (identity,) = (await ada.get("/me/identities")).json()
    assert (await bob.delete(f"/me/identities/{identity['id']}")).status_code == 404
    assert len((await ada.get("/me/identities")).json()) == 1
    assert (await bob.get("/me")).json()["full_name"] == "bob"


async def test_two_first_sign_ins_at_once_make_one_account(
    browser: Browser, databases: Databases
) -> None:
    attempts = [await browser.begun() for _ in range(3)]
    answers = await asyncio.gather(*(browser.finish(attempt) for attempt in attempts))
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert counts(databases)["account"] == len(linked(databases)) == 1


async def test_an_address_that_only_the_user_info_tells_counts_as_well(browser: Browser) -> None:
    browser.provider.knows("ida-1")
    browser.provider.behave(
        "tells at its user info",
        subject="ida-1",
        claims={"email": "ida@example.com", "email_verified": True, "given_name": "Ida"},
    )
    ida = await browser.customer("ida-1")
    me = (await ida.get("/me")).json()
    assert (me["email"], me["full_name"]) == ("ida@example.com", "Ida")


async def test_neither_secret_nor_answer_is_written_down(
    browser: Browser, databases: Databases
) -> None:
    body = await browser.begun()
    rows = databases.rows("customer", "SELECT sign_in_attempt::text FROM sign_in_attempt")
    secrets = secrets_of(body["attempt"])
    assert len(rows) == 1
    for secret in (body["attempt"], body["code"], secrets.state, secrets.nonce, secrets.verifier):
        assert secret not in rows[0][0]
        assert secret.encode().hex() not in rows[0][0]


async def test_an_attempt_is_finished_once(browser: Browser, databases: Databases) -> None:
    body = await browser.begun()
    answers = await asyncio.gather(*(browser.finish(body) for _ in range(3)))
    statuses = sorted(answer.status_code for answer in answers)
    # Who is late meets a code that is used at the provider, or an attempt that is used here.
    assert (statuses[0], set(statuses[1:]) <= {401, 422}) == (200, True)
    again = await browser.finish(body)
    assert (again.status_code, pointers(again)) == (422, {"/attempt"})
    assert databases.rows("customer", "SELECT count(*) FROM sign_in_attempt") == [(0,)]


async def test_an_attempt_ends_after_ten_minutes(browser: Browser, databases: Databases) -> None:
    body = await browser.begun()
    databases.execute("customer", "UPDATE sign_in_attempt SET expires_at = now()")
    late = await browser.finish(body)
    assert (late.status_code, pointers(late)) == (422, {"/attempt"})


async def test_a_wrong_state_is_refused_before_the_provider_is_asked(browser: Browser) -> None:
    mine, other = await browser.begun(), await browser.begun()
    wrong = await browser.finish(mine | {"state": other["state"]})
    assert (wrong.status_code, pointers(wrong)) == (422, {"/state"})
    assert (await browser.finish(mine)).status_code == 200


@pytest.mark.parametrize("how", ["", "without PKCE"])
async def test_a_code_of_another_attempt_is_refused_by_verifier_and_by_nonce(
    browser: Browser, databases: Databases, how: str
) -> None:
    victim, thief = await browser.begun(), await browser.begun()
    browser.provider.behave(how)
    stolen = await browser.finish(thief | {"code": victim["code"]})
    assert stolen.status_code == 401
    assert counts(databases)["account"] == 0


async def test_a_code_that_was_used_is_refused_in_a_new_attempt(browser: Browser) -> None:
    used = await browser.begun()
    assert (await browser.finish(used)).status_code == 200
    fresh = await browser.begun()
    browser.provider.behave("without PKCE")
    replayed = await browser.finish(fresh | {"code": used["code"]})
    assert replayed.status_code == 401


@pytest.mark.parametrize("how", ["another audience", "another issuer"])
async def test_a_token_for_somebody_else_or_of_somebody_else_is_refused(
    browser: Browser, databases: Databases, how: str
) -> None:
    browser.provider.behave(how)
    refused = await browser.sign_in()
    assert refused.status_code == 401
    assert "Begin again" in refused.json()["detail"]
    assert counts(databases)["account"] == 0


async def test_an_answer_that_names_another_issuer_is_refused(browser: Browser) -> None:
    body = await browser.begun()
    assert (await browser.finish(body | {"iss": "https://evil.example"})).status_code == 401
    body = await browser.begun()
    assert (await browser.finish(body | {"iss": browser.provider.issuer})).status_code == 200


@pytest.mark.parametrize(("token_seconds", "accepted"), [(-600, False), (-60, True)])
async def test_a_token_is_too_old_once_no_two_clocks_differ_so_much(
    settings: QuantumSettings, databases: Databases, token_seconds: int, accepted: bool
) -> None:
    databases.url("customer")
    with openid_provider.running(token_seconds=token_seconds) as hasty:
        hasty.knows("ada-1", email=ADA, email_verified=True)
        async with client(quantum, at(settings, hasty.issuer)) as http:
            answer = await Browser(http, hasty).sign_in()
    assert answer.status_code == (200 if accepted else 401)


async def test_a_token_from_the_future_is_refused(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "_OFFSET", timedelta(minutes=-5))
    assert (await browser.sign_in()).status_code == 401


async def test_a_provider_with_new_keys_is_believed_once_they_are_fetched(
    settings: QuantumSettings, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases.url("customer")
    with openid_provider.running() as before:
        before.knows("ada-1", email=ADA, email_verified=True)
        app = at(settings, before.issuer)
        async with client(quantum, app) as http:
            assert (await Browser(http, before).sign_in()).status_code == 200
    port = int(before.issuer.rpartition(":")[2])
    with openid_provider.running(port) as after:
        after.knows("ada-1", email=ADA, email_verified=True)
        async with client(quantum, app) as http:
            browser = Browser(http, after)
            assert (await browser.sign_in()).status_code == 401
            monkeypatch.setattr(clock, "_OFFSET", timedelta(seconds=90))
            assert (await browser.sign_in()).status_code == 200


async def test_a_provider_that_is_away_is_said_so_and_the_attempt_can_be_finished_later(
    browser: Browser, settings: QuantumSettings
) -> None:
    body = await browser.begun()
    for how in ("failing", "does not know us"):
        browser.provider.behave(how)
        away = await browser.finish(body)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
    browser.provider.behave()
    assert (await browser.finish(body)).status_code == 200
    async with client(quantum, at(settings, "http://127.0.0.1:9")) as http:
        gone = await Browser(http, browser.provider).begin()
    assert (gone.status_code, gone.headers["retry-after"]) == (503, "5")
    assert gone.headers["content-type"].startswith("application/problem+json")


async def test_a_provider_that_says_it_is_another_is_not_used(
    settings: QuantumSettings, databases: Databases, provider: Provider
) -> None:
    databases.url("customer")
    provider.behave("impostor")
    # Another secret is another application, which has not asked this provider yet.
    fresh = at(settings, provider.issuer, oidc_client_secret=SecretStr("fresh"))
    async with client(quantum, fresh) as http:
        assert (await Browser(http, provider).begin()).status_code == 503


async def test_a_person_is_sent_back_to_known_pages_alone(browser: Browser) -> None:
    for url, encoded in ((PORTAL, "portal.example"), (APP, "com.example.squad")):
        answer = (await browser.begin(redirect_url=url)).json()
        assert encoded in answer["authorization_url"]
        assert answer["expires_in"] == 600
    evil = await browser.begin(redirect_url="https://evil.example")
    assert (evil.status_code, pointers(evil)) == (422, {"/redirect_url"})
    assert PORTAL in evil.json()["errors"][0]["detail"]


async def test_without_a_provider_the_routes_say_so(customer: httpx.AsyncClient) -> None:
    body = {"attempt": "x", "state": "x", "code": "x"}
    begun = await customer.post("/customer/sessions/oidc", json={})
    finished = await customer.post("/customer/sessions/oidc/callback", json=body)
    assert [begun.status_code, finished.status_code] == [404, 404]
    assert "Sign in with a password" in begun.json()["detail"]


async def test_a_bad_body_lists_every_error(browser: Browser) -> None:
    answer = await browser.finish({"attempt": "", "code": "", "iss": 1, "error": "access_denied"})
    assert answer.status_code == 400
    assert pointers(answer) == {"/attempt", "/state", "/code", "/iss", "/error"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"oidc_issuer": ""}, "needs SQUAD_OIDC_ISSUER"),
        ({"oidc_redirect_urls": ""}, "needs SQUAD_OIDC_ISSUER"),
        ({"oidc_issuer": "http://id.example"}, "must begin with https"),
        ({"oidc_redirect_urls": f"{PORTAL} http://portal.example/x"}, "must be a URL with https"),
    ],
)
def test_settings_that_cannot_work_are_named_when_the_process_starts(
    settings: QuantumSettings, wrong: dict[str, str], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        at(settings, "https://id.example", **wrong)
