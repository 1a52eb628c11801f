"""A session renews its token at a real sysops API, and ends with what was taken away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dashboards.session import SESSIONS, NotAdmitted
from dashboards.settings import settings
from tests.api.support import key_pair
from tests.api.sysops.conftest import PASSWORD, add_staff
from tests.dashboards import live
from tests.dashboards.conftest import opened, token
from tests.databases import Databases, Templates

PUBLIC = key_pair("sysops")[1]
ADDRESS = "manager@squad.example"
ENDING = timedelta(minutes=14, seconds=10)
ENDED = timedelta(minutes=20)


def issued(ago: timedelta) -> str:
    """An access token for a manager, of so long ago."""
    return token("manager", at=datetime.now(UTC) - ago)


@pytest.fixture(scope="module")
def world(templates: Templates) -> Iterator[Databases]:
    databases = Databases(templates)
    add_staff(databases, "manager")
    yield databases
    databases.drop()


@pytest.fixture(scope="module")
def sysops(world: Databases) -> Iterator[str]:
    with live.sysops_api(world.url("sysops", "sysops_api")) as url:
        yield url


@pytest.fixture
def refresh_token(sysops: str, environment: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A manager's, of a signing-in just now; the dashboards of this process ask that API."""
    monkeypatch.setenv("SQUAD_SYSOPS_API_URL", sysops)
    settings.cache_clear()
    body = {"email": ADDRESS, "password": PASSWORD}
    answer = httpx.post(f"{sysops}/sysops/sessions", json=body, trust_env=False)
    return str(answer.json()["refresh_token"])


@pytest.mark.parametrize("ago", [ENDING, ENDED])
def test_a_session_goes_on_when_its_token_ends(refresh_token: str, ago: timedelta) -> None:
    name = opened(issued(ago), refresh_token)
    with ThreadPoolExecutor(4) as pages:
        viewers = list(pages.map(lambda _: SESSIONS.viewer(name, PUBLIC), range(8)))
    # All were served by one renewal: a second would have ended the session.
    assert len({viewer.expires_at for viewer, _ in viewers}) == 1
    viewer, ends_at = SESSIONS.viewer(name, PUBLIC)
    assert viewer.expires_at - datetime.now(UTC) > timedelta(minutes=14)
    assert timedelta(hours=11) < ends_at - datetime.now(UTC) < timedelta(hours=12)


def test_a_session_ends_with_the_right_to_read(refresh_token: str, world: Databases) -> None:
    name = opened(issued(ENDING), refresh_token)
    world.execute("sysops", "UPDATE refresh_token SET revoked_at = now()")
    for _ in range(2):
        with pytest.raises(NotAdmitted, match="Sign"):
            SESSIONS.viewer(name, PUBLIC)


def test_a_session_is_not_renewed_past_its_end(refresh_token: str) -> None:
    name = opened(issued(ENDED), refresh_token, hours=-1)
    with pytest.raises(NotAdmitted, match="session has ended"):
        SESSIONS.viewer(name, PUBLIC)


def test_a_session_outlives_an_api_that_does_not_answer(
    refresh_token: str, monkeypatch: pytest.MonkeyPatch, sysops: str
) -> None:
    ending, ended = (opened(issued(ago), refresh_token) for ago in (ENDING, ENDED))
    monkeypatch.setenv("SQUAD_SYSOPS_API_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    assert SESSIONS.viewer(ending, PUBLIC)[0].roles == {"manager"}
    with pytest.raises(NotAdmitted, match="does not answer"):
        SESSIONS.viewer(ended, PUBLIC)
    monkeypatch.setenv("SQUAD_SYSOPS_API_URL", sysops)
    settings.cache_clear()
    assert SESSIONS.viewer(ended, PUBLIC)[0].roles == {"manager"}
