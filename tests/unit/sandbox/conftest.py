"""A real sandbox for each test: free ports, its own file, real HTTP and SMTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from orchestration.local.sandbox.server import Running, serving
from orchestration.local.sandbox.settings import SandboxSettings


@pytest.fixture
def settings(tmp_path: Path) -> SandboxSettings:
    return SandboxSettings(
        sandbox_port=0,
        sandbox_smtp_port=0,
        sandbox_data=tmp_path / "sandbox.sqlite3",
        sandbox_slow_seconds=1.5,
        sandbox_hang_seconds=5,
    )


@pytest.fixture
async def sandbox(settings: SandboxSettings) -> AsyncIterator[Running]:
    async with serving(settings) as running:
        yield running


@pytest.fixture
async def http(sandbox: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sandbox with a payment key; answers within 30 s or fails."""
    headers = {"Authorization": "Bearer test"}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers, timeout=30) as client:
        yield client
