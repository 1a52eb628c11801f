"""A world to bill on a database of its own, and a payment provider on a port of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import HttpUrl, SecretStr

from api.kernel.outside.http_payments import HttpPayments, PaymentSettings
from api.kernel.outside.payments import ListedCharge
from orchestration.local.sandbox.server import Running, serving
from orchestration.local.sandbox.settings import SandboxSettings
from tests.databases import Databases
from tests.orchestration.billing.world import World


@pytest.fixture
async def world(databases: Databases) -> AsyncIterator[World]:
    opened = World(databases)
    yield opened
    await opened.close()


@pytest.fixture
def sandbox_settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings(
        sandbox_port=0,
        sandbox_smtp_port=0,
        sandbox_data=tmp_path / "sandbox.sqlite3",
        sandbox_slow_seconds=0.1,
        sandbox_hang_seconds=2,
    )


@pytest.fixture
async def sandbox(sandbox_settings: SandboxSettings) -> AsyncIterator[Running]:
    async with serving(sandbox_settings) as running:
        yield running


def settings_for(url: str) -> PaymentSettings:
    return PaymentSettings(
        payments_url=HttpUrl(f"{url}/payments"),
        payments_key=SecretStr("test"),
        payments_timeout_seconds=1.5,
        payments_connections=4,
    )


@pytest.fixture
async def provider(sandbox: Running) -> AsyncIterator[HttpPayments]:
    """The real adapter, speaking to a real sandbox."""
    async with HttpPayments(settings_for(sandbox.url)) as opened:
        yield opened


async def charges(provider: HttpPayments, status: str = "approved") -> list[ListedCharge]:
    """What the provider has in its own books."""
    until = datetime.now(UTC) + timedelta(days=1)
    listed = provider.list_charges(datetime(2020, 1, 1, tzinfo=UTC), until)
    return [charge async for charge in listed if charge.status == status]
