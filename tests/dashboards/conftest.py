"""The dashboards as tests open them: real pages over a published version, for a reader."""

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from api.kernel.auth import STAFF_ISSUER, TokenSigner
from dashboards.frame import SESSION
from dashboards.session import SESSIONS
from dashboards.settings import settings
from dashboards.staff_api import Tokens
from tests.api.support import key_pair
from tests.dashboards.apis import manager
from tests.dashboards.publishing import small_version

__all__ = ["manager", "small_version"]

MAIN = Path(__file__).parents[2] / "dashboards" / "main.py"

Opener = Callable[..., AppTest]


@pytest.fixture(scope="session", autouse=True)
def packages_are_searched_once() -> Iterator[None]:
    """Streamlit looks into each installed package for components, as a server does at its start.

    AppTest does so for each page, and it takes longer than most pages.
    """
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(autouse=True)
def main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit puts each page in its place, and whoever starts a process afterwards runs that."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A folder with nothing published in it."""
    return tmp_path / "warehouse"


@pytest.fixture
def published(warehouse: Path, small_version: Path) -> Path:
    """The folder with the small world published in it."""
    shutil.copytree(small_version, warehouse)
    return warehouse


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, warehouse: Path) -> Iterator[None]:
    """The variables of the dashboards process; its caches belong to one test."""
    monkeypatch.setenv("SQUAD_SYSOPS_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SQUAD_CUSTOMER_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SQUAD_BILLING_API_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SQUAD_STAFF_PUBLIC_KEY", key_pair("sysops")[1])
    monkeypatch.setenv("SQUAD_WAREHOUSE_DIR", str(warehouse))
    monkeypatch.setenv("SQUAD_DAGSTER_WEB_URL", "http://127.0.0.1:3000")
    settings.cache_clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    settings.cache_clear()


def token(*roles: str, at: datetime | None = None, audience: str = "analytics") -> str:
    """What the sysops API gives to a member of staff with these roles."""
    signer = TokenSigner(STAFF_ISSUER, key_pair("sysops")[0])
    return signer.sign(uuid4(), roles, [audience, "sysops"], at or datetime.now(UTC))


def opened(access: str, refresh: str = "no refresh token", hours: float = 12) -> str:
    """The name of a session of this process with these tokens, which ends after so many hours."""
    return SESSIONS.open(Tokens(access, refresh, timedelta(hours=hours)))


LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def page(environment: None) -> Opener:
    """Open a page as a manager, or with another token; further words belong to the address."""

    def open_page(name: str, access: str | None = None, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(MAIN), default_timeout=60)
        given = token("manager") if access is None else access
        app.session_state[SESSION] = opened(given) if given else "no session"
        for key, value in query.items():
            app.query_params[key] = value
        if name != "overview":
            app.switch_page(f"app_pages/{name}.py")
        return app.run()

    return open_page
