"""A whole platform on ports and in a folder of its own, started as its operator starts it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from orchestration.local.environment import programs
from orchestration.local.instance import Instance, from_environment
from tests.orchestration.local.platforms import free_offset

UP_SECONDS = 600
CUSTOMERS = 400


@dataclass(frozen=True)
class Platform:
    """What a test does with the running platform: `squad` commands and its instance."""

    environment: Mapping[str, str]

    @property
    def instance(self) -> Instance:
        return from_environment(self.environment)

    def squad(self, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(programs() / "squad"), *words],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """The command at work, to be watched line by line."""
        return subprocess.Popen(
            [str(programs() / "squad"), *words],
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.squad("status", "--json").stdout)
        return answer


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """Up with a small demo world, and down again with nothing left."""
    folder = Path(mkdtemp(prefix="squad-e2e-"))
    folder.chmod(0o755)  # the database server's user passes through
    environment = os.environ | {
        "SQUAD_VAR": str(folder / "var"),
        "SQUAD_PORT_OFFSET": str(free_offset()),
        "SQUAD_DEMO_CUSTOMERS": str(CUSTOMERS),
    }
    running = Platform(environment)
    try:
        started = running.squad("up", seconds=UP_SECONDS)
        assert started.returncode == 0, started.stderr[-4000:]
        yield running
    finally:
        running.squad("down", seconds=120)
        shutil.rmtree(folder, ignore_errors=True)
