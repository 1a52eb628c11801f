"""An answer that is not the one to an attempt signs nobody in; the provider runs and is asked."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from api.customer.quantum import QuantumSettings, quantum
from api.kernel import clock
from api.kernel.sign_in.attempts import secrets_of
from tests import openid_provider
from tests.api.customer.conftest import counts
from tests.api.customer.oidc import ADA, APP, PORTAL, Browser, at, browser, one_provider, provider
from tests.api.support import client, pointers
from tests.databases import Databases
from tests.openid_provider import Provider

__all__ = ["browser", "one_provider", "provider"]


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
    monkeypatch.setattr(clock, "_offset", lambda: timedelta(minutes=-5))
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
            monkeypatch.setattr(clock, "_offset", lambda: timedelta(seconds=90))
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
