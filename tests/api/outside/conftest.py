"""The adapters against a real sandbox: configuration is all that differs from a real provider."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestration.local.sandbox.server import Running, serving
from orchestration.local.sandbox.settings import SandboxSettings


class Inspector:
    """What the sandbox received, and the faults it shall have."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def messages(self) -> list[dict[str, Any]]:
        answer = await self._client.get("/api/messages")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return found

    async def charges(self) -> list[dict[str, Any]]:
        answer = await self._client.get("/api/charges")
        found: list[dict[str, Any]] = answer.raise_for_status().json()["charges"]
        return found

    async def switch(self, **faults: dict[str, float]) -> None:
        (await self._client.put("/api/faults", json=faults)).raise_for_status()


@pytest.fixture
def slow_seconds() -> float:
    """What a slow card takes."""
    return 2.0


@pytest.fixture
def sandbox_settings(tmp_path: Path, slow_seconds: float) -> SandboxSettings:
    return SandboxSettings(
        sandbox_port=0,
        sandbox_smtp_port=0,
        sandbox_data=tmp_path / "sandbox.sqlite3",
        sandbox_slow_seconds=slow_seconds,
        sandbox_hang_seconds=5,
    )


@pytest.fixture
async def sandbox(sandbox_settings: SandboxSettings) -> AsyncIterator[Running]:
    async with serving(sandbox_settings) as running:
        yield running


@pytest.fixture
async def inspector(sandbox: Running) -> AsyncIterator[Inspector]:
    async with httpx.AsyncClient(base_url=sandbox.url, timeout=30) as client:
        yield Inspector(client)


@pytest.fixture
def unused_port() -> int:
    """A port that nobody listens on: kernel-chosen, and closed again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
