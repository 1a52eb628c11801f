"""Signing in: the form, the sysops API's answer, the cookie, and the gate before every page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from dashboards.session import NotAdmitted, admit, cookie_name
from dashboards.signing_in import inside
from tests.api.support import key_pair
from tests.api.sysops.conftest import PASSWORD, add_staff
from tests.dashboards import live, small_world
from tests.dashboards.conftest import LONG_AGO, token
from tests.dashboards.publishing import publish
from tests.databases import Databases, Templates

PUBLIC = key_pair("sysops")[1]
COOKIE = cookie_name(PUBLIC)
HTML = {"Accept": "text/html"}
ADDRESSES = {role: f"{role}@squad.example" for role in ("manager", "finance", "helpdesk")}


@pytest.fixture(scope="module")
def site(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboards over the small world, with staff who can sign in at a real sysops API."""
    warehouse: Path = tmp_path_factory.mktemp("published") / "warehouse"
    publish(warehouse, small_world.marts(), small_world.AS_OF)
    databases = Databases(templates)
    for role in ADDRESSES:
        add_staff(databases, role)
    with (
        live.sysops_api(databases.url("sysops", "sysops_api")) as sysops,
        live.dashboards(warehouse, sysops) as url,
    ):
        yield url
    databases.drop()


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


def test_the_token_is_kept_where_no_script_reads_it(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["manager"])
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "strict"
    assert int(cookie["max-age"]) <= 15 * 60
    viewer = admit(cookie.value, PUBLIC)
    assert viewer.pages == {"operations", "ticketing", "experts", "finance", "ticket"}
    assert viewer.expires_at > datetime.now(UTC)
    assert cookie.value not in answer.text


def test_a_wrong_password_is_refused_and_the_address_is_kept(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["manager"], "wrong", next="/finance")
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert 'value="manager@squad.example"' in answer.text
    assert 'value="/finance"' in answer.text
    assert "set-cookie" not in answer.headers


def test_staff_of_other_roles_are_told_that_this_is_not_for_them(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["helpdesk"])
    assert answer.status_code == 403
    assert "for managers, administrators and finance" in answer.text
    assert "set-cookie" not in answer.headers


def test_finance_signs_in_to_its_own_page(browser: httpx.Client) -> None:
    answer = sign_in(browser, ADDRESSES["finance"])
    cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert admit(cookie.value, PUBLIC).pages == {"finance"}


def test_signing_out_forgets_the_token(browser: httpx.Client) -> None:
    sign_in(browser, ADDRESSES["manager"])
    foreign = browser.get("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert browser.get("/sign-out").headers["location"] == "/sign-in"
    assert browser.get("/", headers=HTML).status_code == 303


@pytest.mark.parametrize("bad", ["", "nonsense", token("manager", at=LONG_AGO), token("expert")])
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


def test_a_token_that_another_key_signed_is_refused() -> None:
    with pytest.raises(NotAdmitted):
        admit(token("manager"), key_pair("somebody else")[1])
