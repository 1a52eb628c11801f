"""Signing in: the form, the sysops API's answer, the cookie, and the gate before every page."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message

from dashboards.session import NotAdmitted, admit, cookie_name
from dashboards.signing_in import inside
from dashboards.signing_in import sign_in as form_sent
from orchestration.local.ports import free_port
from tests import openid_provider
from tests.api.support import key_pair
from tests.api.sysops.conftest import PASSWORD, add_staff
from tests.dashboards import live, small_world
from tests.dashboards.conftest import token
from tests.dashboards.publishing import publish
from tests.databases import Databases, Templates
from tests.openid_provider import Provider

PUBLIC = key_pair("sysops")[1]
COOKIE = cookie_name(PUBLIC)
HTML = {"Accept": "text/html"}
ADDRESSES = {role: f"{role}@squad.example" for role in ("manager", "finance", "helpdesk")}


@pytest.fixture(scope="module")
def world(templates: Templates) -> Iterator[Databases]:
    """Staff who can sign in."""
    databases = Databases(templates)
    for role in ADDRESSES:
        add_staff(databases, role)
    yield databases
    databases.drop()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """An identity provider that has verified the addresses of some."""
    with openid_provider.running() as running:
        for role in ("manager", "helpdesk"):
            running.knows(f"the {role}", email=ADDRESSES[role], email_verified=True)
        yield running


@pytest.fixture(scope="module")
def sysops(world: Databases, provider: Provider, back: str) -> Iterator[str]:
    """A real sysops API."""
    with live.sysops_api(world.url("sysops", "sysops_api"), provider.settings(back)) as url:
        yield url


@pytest.fixture(scope="module")
def back() -> str:
    """Where the provider sends readers: this site's own page."""
    return f"http://127.0.0.1:{free_port()}/sign-in/callback"


@pytest.fixture(scope="module")
def site(sysops: str, back: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboards over the small world."""
    warehouse: Path = tmp_path_factory.mktemp("published") / "warehouse"
    publish(warehouse, small_world.marts(), small_world.AS_OF)
    with live.dashboards(warehouse, sysops, back) as url:
        yield url


@pytest.fixture
def browser(site: str) -> Iterator[httpx.Client]:
    """A client that keeps cookies, as a browser does."""
    with httpx.Client(base_url=site, timeout=20, trust_env=False) as client:
        yield client


def sign_in(
    client: httpx.Client, email: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def test_a_reader_without_a_session_is_sent_to_the_form_and_comes_back(
    browser: httpx.Client,
) -> None:
    turned_away = browser.get("/ticketing?region=West", headers=HTML)
    assert turned_away.status_code == 303
    assert turned_away.headers["location"] == "/sign-in?next=%2Fticketing%3Fregion%3DWest"
    form = browser.get(turned_away.headers["location"], headers=HTML)
    assert 'value="/ticketing?region=West"' in form.text
    answer = sign_in(browser, ADDRESSES["manager"], next="/ticketing?region=West")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/ticketing?region=West"
    assert browser.get("/ticketing?region=West", headers=HTML).status_code == 200


def test_a_browser_holds_the_name_of_its_session_and_no_token(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["manager"])
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert int(cookie["max-age"]) == 12 * 3600
    assert "." not in cookie.value
    assert cookie.value not in answer.text
    with pytest.raises(NotAdmitted):
        admit(cookie.value, PUBLIC)


def test_a_wrong_password_is_refused_and_the_address_is_kept(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["manager"], "wrong", next="/finance")
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert 'value="manager@squad.example"' in answer.text
    assert 'value="/finance"' in answer.text
    assert "set-cookie" not in answer.headers


def test_staff_of_other_roles_are_told_that_this_is_not_for_them(
    browser: httpx.Client, world: Databases
) -> None:
    answer = sign_in(browser, ADDRESSES["helpdesk"])
    assert answer.status_code == 403
    assert "for managers, administrators and finance" in answer.text
    assert "set-cookie" not in answer.headers
    theirs = (
        "SELECT count(*) FROM refresh_token JOIN staff ON staff.id = staff_id"
        " WHERE 'helpdesk' = ANY(roles) AND revoked_at IS NULL"
    )
    assert world.rows("sysops", theirs) == [(0,)]


def test_finance_signs_in_to_its_own_pages() -> None:
    assert admit(token("finance"), PUBLIC).pages == {"finance", "billing_runs", "trust"}


def test_signing_out_ends_the_session_here_and_in_the_api(
    browser: httpx.Client, world: Databases
) -> None:
    sign_in(browser, ADDRESSES["manager"])
    kept = dict(browser.cookies)
    foreign = browser.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    over = browser.get("/sign-out")
    assert over.headers["location"] == "/sign-in"
    # What the pages left in the browser goes; cookies stay, for other platforms of this host.
    assert over.headers["clear-site-data"] == '"cache", "storage"'
    assert browser.get("/", headers=HTML).status_code == 303
    browser.cookies.update(kept)
    assert browser.get("/", headers=HTML).status_code == 303
    newest = "SELECT revoked_at IS NOT NULL FROM refresh_token ORDER BY issued_at DESC LIMIT 1"
    assert world.rows("sysops", newest) == [(True,)]


@pytest.mark.parametrize("bad", ["", "nonsense", token("manager")])
def test_a_cookie_that_proves_nothing_opens_nothing(site: str, bad: str) -> None:
    with httpx.Client(base_url=site, cookies={COOKIE: bad}, trust_env=False) as client:
        assert client.get("/", headers=HTML).status_code == 303
        assert client.get("/media/0123.csv").status_code == 401


def test_the_form_is_accepted_from_its_own_page_alone(browser: httpx.Client) -> None:
    form = {"email": ADDRESSES["manager"], "password": PASSWORD}
    foreign = browser.post("/sign-in", data=form, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    huge = browser.post("/sign-in", data={**form, "next": "x" * 5_000})
    assert huge.status_code == 413


async def test_a_form_without_end_is_refused_and_not_taken_in() -> None:
    parts = 0

    async def receive() -> Message:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b"x" * 1_000, "more_body": parts < 1_000}

    answer = await form_sent(Request({"type": "http", "method": "POST", "headers": []}, receive))
    assert (answer.status_code, parts) == (413, 5)


def test_no_page_can_be_put_into_a_frame(browser: httpx.Client) -> None:
    answer = browser.get("/sign-in")
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "http" not in answer.text.replace("http-equiv", "")


def test_an_api_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    with (
        live.dashboards(tmp_path, "http://127.0.0.1:1") as url,
        httpx.Client(base_url=url, timeout=20, trust_env=False) as client,
    ):
        answer = sign_in(client, ADDRESSES["manager"])
        assert answer.status_code == 503
        assert "the API does not answer" in answer.text


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/finance?plan=Pro", "/finance?plan=Pro"),
        ("https://evil.example", "/"),
        ("//evil.example/x", "/"),
        ("/\\evil.example", "/"),
        ("/sign-out", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("", "/"),
    ],
)
def test_no_redirect_leads_elsewhere(target: str, goes_to: str) -> None:
    assert inside(target) == goes_to


def test_a_reader_signs_in_with_the_company_account_and_comes_back(
    browser: httpx.Client, provider: Provider
) -> None:
    form = browser.get("/sign-in?next=%2Ffinance%3Fplan%3DPro")
    assert 'href="/sign-in/provider?next=/finance%3Fplan%3DPro"' in form.text
    begun = browser.get("/sign-in/provider", params={"next": "/finance?plan=Pro"})
    assert begun.status_code == 303
    cookie = SimpleCookie(begun.headers["set-cookie"])[f"{COOKIE}_attempt"]
    assert (cookie["samesite"], cookie["path"], bool(cookie["httponly"])) == (
        "lax",
        "/sign-in",
        True,
    )
    returned = provider.sign_in(begun.headers["location"], "the manager")
    entered = browser.get("/sign-in/callback", params=returned)
    assert entered.status_code == 200
    assert 'content="0;url=/finance?plan=Pro"' in entered.text
    assert browser.get("/finance?plan=Pro", headers=HTML).status_code == 200
    # The attempt is over, and its answer is worth nothing any more.
    assert browser.get("/sign-in/callback", params=returned).status_code == 401


def test_an_answer_of_the_provider_signs_in_who_began_and_nobody_else(
    browser: httpx.Client, provider: Provider, site: str
) -> None:
    begun = browser.get("/sign-in/provider")
    returned = provider.sign_in(begun.headers["location"], "the manager")
    with httpx.Client(base_url=site, timeout=20, trust_env=False) as victim:
        victim.get("/sign-in/provider")
        assert victim.get("/sign-in/callback", params=returned).status_code in {401, 422}
        assert victim.get("/", headers=HTML).status_code == 303
    denied = browser.get("/sign-in/callback", params={"error": "access_denied"})
    assert denied.status_code == 401
    assert "did not sign you in" in denied.text


@pytest.mark.parametrize("subject", ["the helpdesk", "a stranger"])
def test_who_may_not_read_is_told_so_after_the_provider_too(
    browser: httpx.Client, provider: Provider, subject: str
) -> None:
    begun = browser.get("/sign-in/provider")
    returned = provider.sign_in(begun.headers["location"], subject)
    refused = browser.get("/sign-in/callback", params=returned)
    assert refused.status_code == 403
    assert 'role="alert"' in refused.text
    assert browser.get("/", headers=HTML).status_code == 303


def test_a_token_that_another_key_signed_is_refused() -> None:
    with pytest.raises(NotAdmitted):
        admit(token("manager"), key_pair("somebody else")[1])
