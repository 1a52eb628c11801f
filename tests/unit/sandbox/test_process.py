"""The sandbox as the runner starts it: a process of its own."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.unit.sandbox.actions import charge, charges, received, text_to

COMMAND = (sys.executable, "-W", "error", "-m", "orchestration.local.sandbox")


@dataclass(frozen=True, slots=True)
class Started:
    process: subprocess.Popen[str]
    url: str

    def end(self, name: signal.Signals) -> int:
        """The exit code; the process has 30 s to go."""
        self.process.send_signal(name)
        return self.process.wait(timeout=30)


def environment(data: Path, port: int = 0) -> dict[str, str]:
    return {
        **os.environ,
        "SQUAD_SANDBOX_PORT": str(port),
        "SQUAD_SANDBOX_SMTP_PORT": "0",
        "SQUAD_SANDBOX_DATA": str(data),
    }


def start(data: Path) -> Started:
    process = subprocess.Popen(
        COMMAND, env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    return Started(process, ready["url"])


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[tuple[Started, httpx.AsyncClient]]:
    started = start(data)
    headers = {"Authorization": "Bearer test"}
    try:
        async with httpx.AsyncClient(base_url=started.url, headers=headers, timeout=15) as client:
            yield started, client
    finally:
        started.process.kill()
        started.process.wait()
        if started.process.stdout:
            started.process.stdout.close()


async def test_charges_and_messages_survive_a_kill_and_a_repeat_stays_one_charge(
    tmp_path: Path,
) -> None:
    data = tmp_path / "sandbox.sqlite3"
    async with running(data) as (started, client):
        before = await charge(client, "k1")
        await text_to(client, "+12025550123", "Still here")
        started.end(signal.SIGKILL)
    async with running(data) as (_, client):
        repeat = await charge(client, "k1")
        other_body = await charge(client, "k1", amount=1)
        assert (repeat.json(), other_body.status_code) == (before.json(), 422)
        assert len(await charges(client)) == 1
        assert [sms["text"] for sms in await received(client)] == ["Still here"]


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_at_a_signal_with_code_0(tmp_path: Path, name: signal.Signals) -> None:
    async with running(tmp_path / "sandbox.sqlite3") as (started, client):
        await client.get("/health")
        assert started.end(name) == 0


async def test_an_answer_held_back_does_not_hold_the_exit(tmp_path: Path) -> None:
    silent_card = "4000000000300022"
    async with running(tmp_path / "sandbox.sqlite3") as (started, client):
        held = asyncio.create_task(charge(client, "k1", silent_card))
        while not await charges(client):  # noqa: ASYNC110 - another process sets no Event
            await asyncio.sleep(0.02)
        assert await asyncio.to_thread(started.end, signal.SIGTERM) == 0
        assert (await held).status_code == 201


def test_a_port_in_use_is_one_clear_line_and_code_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            COMMAND,
            env=environment(tmp_path / "sandbox.sqlite3", port),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    advice = f"Port {port} of 127.0.0.1 is in use: stop its process or set SQUAD_SANDBOX_PORT.\n"
    assert (ended.returncode, ended.stderr) == (1, advice)
