"""A customer database with one household, and a sandbox that receives what is sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from orchestration.local.sandbox.server import serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.api.customer.conftest import SURVEY_KEY
from tests.api.customer.world import Household, add_household, furnish
from tests.databases import Databases

PUBLIC = "https://support.squad.example"


@pytest.fixture
def home(databases: Databases) -> Household:
    furnish(databases)
    return add_household(databases)


@pytest.fixture
async def sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox's own pages; the notifier's settings lead there."""
    settings = SandboxSettings(
        sandbox_port=0, sandbox_smtp_port=0, sandbox_data=tmp_path / "sandbox.sqlite3"
    )
    async with serving(settings) as running:
        environment = {
            "SQUAD_SMTP_URL": running.smtp_url,
            "SQUAD_MAIL_FROM": "Sysops Squad <support@squad.example>",
            "SQUAD_SMS_URL": running.url,
            "SQUAD_SMS_ACCOUNT": "sandbox",
            "SQUAD_SMS_TOKEN": "sandbox",
            "SQUAD_SMS_FROM": "+12025550100",
            "SQUAD_SURVEY_KEY": SURVEY_KEY,
            "SQUAD_PUBLIC_BASE_URL": PUBLIC,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        async with httpx.AsyncClient(base_url=running.url, trust_env=False) as client:
            yield client
