"""A customer database with one household, and a sandbox that receives what is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household, add_household, furnish
from tests.databases import Databases
from tests.outside import NUMBER, WEBHOOK_TOKEN, free_port, lead_to


@pytest.fixture
def home(databases: Databases) -> Household:
    furnish(databases)
    return add_household(databases)


@pytest.fixture
def api_port() -> int:
    """Where the customer API listens, in the tests that serve it."""
    return free_port()


@pytest.fixture
async def sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_port: int
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox's own pages; the notifier's settings lead there."""
    settings = SandboxSettings(
        sandbox_port=0,
        sandbox_smtp_port=0,
        sandbox_data=tmp_path / "sandbox.sqlite3",
        sandbox_reply_urls={NUMBER: f"http://127.0.0.1:{api_port}/customer/notifications/replies"},
        sms_webhook_token=SecretStr(WEBHOOK_TOKEN),
    )
    async with serving(settings) as running:
        lead_to(running, monkeypatch, SURVEY_KEY=SURVEY_KEY)
        async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
            yield client
