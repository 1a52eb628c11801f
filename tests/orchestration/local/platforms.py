"""Small platforms to run the runner on: real processes, real ports, a folder of their own."""

import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from urllib.request import urlopen

from rich.console import Console

from orchestration.local.blueprint import Blueprint, Process, Step
from orchestration.local.databases import POSTGRES_PORT
from orchestration.local.instance import Instance
from orchestration.local.ports import is_free
from orchestration.local.probes import Heartbeat, Http, Probe, Tcp
from orchestration.local.progress import Progress
from orchestration.local.runner import Runner

TINY = str(Path(__file__).with_name("tiny.py"))
WEB_PORT = 8001
OTHER_PORT = 8002


def tiny(
    name: str,
    *words: str,
    port: int | None = None,
    probe: Probe | None = None,
    environment: Callable[[Instance], Mapping[str, str]] = lambda _: {},
    **more: object,
) -> Process:
    """One of the programs of `tiny.py`; without words a web server on `port`."""
    ports = (port,) if port else ()
    return Process(
        name=name,
        description=f"the {name} of a test",
        command=("python", TINY, *(words or ("serve", "{port}"))),
        probe=probe or (Http(port, "/") if port else Heartbeat(name)),
        environment=environment,
        ports=ports,
        start_seconds=60,
        stop_seconds=2,
        **more,  # type: ignore[arg-type]
    )


def heart(name: str = "heart") -> Process:
    """A process without a port, that shows by its heartbeat file that it is well."""
    return tiny(
        name,
        "beat",
        environment=lambda instance: {"SQUAD_HEARTBEAT_FILE": str(instance.heartbeat(name))},
    )


WEB = tiny("web", port=WEB_PORT)
OTHER = tiny("other", port=OTHER_PORT)
DYING = tiny("dying", "die", "The tiny disk is full.", probe=Tcp(OTHER_PORT))


@dataclass
class Platforms:
    """Makes runners in folders of their own, and clears all of it away."""

    folders: list[Path] = field(default_factory=list)
    made: list[Runner] = field(default_factory=list)

    def new(self, *processes: Process, prepare: tuple[Step, ...] = ()) -> Runner:
        """A runner for a new instance with these processes."""
        folder = Path(mkdtemp(prefix="squad-test-"))
        # The embedded server's user passes through.
        folder.chmod(0o755)
        self.folders.append(folder)
        return self.again(Instance(folder / "var", free_offset()), *processes, prepare=prepare)

    def again(
        self, instance: Instance, *processes: Process, prepare: tuple[Step, ...] = ()
    ) -> Runner:
        """Another runner for the same instance, as another command would make."""
        progress = Progress(Console(stderr=True, width=120))
        runner = Runner(instance, Blueprint(processes, prepare), progress)
        self.made.append(runner)
        return runner

    def clear(self) -> None:
        for runner in self.made:
            runner.down()
        for folder in self.folders:
            shutil.rmtree(folder)


def free_offset() -> int:
    """A port offset with which all ports of these platforms are free.

    Below the range from which the system numbers outgoing connections.
    """
    while True:
        offset = 12_000 + secrets.randbelow(12_000)
        if all(is_free(port + offset) for port in (POSTGRES_PORT, WEB_PORT, OTHER_PORT)):
            return offset


def get(runner: Runner, path: str = "/", port: int = WEB_PORT) -> str:
    """What the web process of a platform answers."""
    with urlopen(f"http://127.0.0.1:{runner.instance.port(port)}{path}", timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def pids(runner: Runner) -> dict[str, int | None]:
    """The process ids by name, None for what does not run."""
    return {one.process.name: one.pid for one in runner.health()}
