"""A whole platform on ports and in a folder of its own, started as its operator starts it."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rich.console import Console

from orchestration.local.environment import programs
from orchestration.local.errors import LocalError
from orchestration.local.folders import prepare_folders
from orchestration.local.instance import Instance, from_environment, recorded
from orchestration.local.processes import blueprint_of
from orchestration.local.progress import Progress
from orchestration.local.runner import Runner
from tests.orchestration.local.platforms import free_offset

UP_SECONDS = 600
MOUNT, UMOUNT = shutil.which("mount"), shutil.which("umount")


@dataclass(frozen=True)
class Platform:
    """What a test does with the running platform: `squad` commands and its instance.

    `small_disk` is the file system of the database's files, where it has one of its own.
    """

    environment: Mapping[str, str]
    small_disk: Path | None = None

    @property
    def instance(self) -> Instance:
        return from_environment(self.environment)

    def runner(self) -> Runner:
        """The running platform from the inside."""
        instance = recorded(self.instance)
        return Runner(instance, blueprint_of(instance), Progress(Console(stderr=True)))

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


@contextmanager
def whole_platform(customers: int, *, small_disk_mb: int | None = None) -> Iterator[Platform]:
    """Up with a small demo world, and down again with nothing left; raises LocalError.

    With `small_disk_mb` the database's files are on a file system of that size in memory, if
    this user may mount one.
    """
    folder = Path(mkdtemp(prefix="squad-whole-"))
    folder.chmod(0o755)  # the database server's user passes through
    environment = os.environ | {
        "SQUAD_VAR": str(folder / "var"),
        "SQUAD_PORT_OFFSET": str(free_offset()),
        "SQUAD_DEMO_CUSTOMERS": str(customers),
    }
    instance = from_environment(environment)
    disk = _mounted(folder, small_disk_mb, instance) if small_disk_mb else None
    running = Platform(environment, disk)
    try:
        started = running.squad("up", seconds=UP_SECONDS)
        if started.returncode != 0:
            raise LocalError("The platform did not start:", started.stderr.splitlines()[-20:])
        yield running
    finally:
        running.squad("down", seconds=120)
        if disk is not None and UMOUNT is not None:
            subprocess.run([UMOUNT, str(disk)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _mounted(folder: Path, megabytes: int, instance: Instance) -> Path | None:
    """A file system of its own for `var/postgres`; None where nothing can be mounted."""
    if MOUNT is None or UMOUNT is None:
        return None
    disk = folder / "disk"
    disk.mkdir()
    done = subprocess.run(
        [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(disk)],
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        return None
    prepare_folders(instance)
    (instance.var / "postgres").symlink_to(disk / "postgres")
    return disk
