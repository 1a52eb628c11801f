"""What a platform consists of: its processes, and the steps of its first minutes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.probes import Probe

Command = tuple[str, ...] | Callable[[Instance], Sequence[str]]
Environment = Callable[[Instance], Mapping[str, str]]
Note = Callable[[str], None]
StopSignal = Literal["TERM", "INT", "QUIT"]


def _nothing(_: Instance) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Process:
    """One process that the runner keeps alive.

    `command` may hold `{root}`, `{var}` and, for the ports in `ports`, `{port}` and `{port2}`;
    its first word is looked up beside the interpreter. Or a function makes it. `environment`
    gives the variables that it gets beside the few common ones (`environment.py`); secrets
    belong there, never into the command. Ports are the defaults, before the platform's offset.
    """

    name: str
    description: str
    command: Command
    probe: Probe
    environment: Environment = _nothing
    ports: tuple[int, ...] = ()
    """Checked to be free before the start; the first is the one that people use."""
    path: str | None = None
    """Where a person's browser finds it, on the first port; None when there is nothing to see."""
    foundation: bool = False
    """Started, and ready, before the steps that need databases."""
    after: tuple[str, ...] = ()
    """Processes that must be ready first; they are also stopped later."""
    start_seconds: float = 180
    stop_signal: StopSignal = "TERM"
    stop_seconds: int = 15
    stop_group: bool = True
    """Whether the signal goes to its children too."""
    runs_as_server_user: bool = False
    """PostgreSQL refuses to run as root."""
    niceness: int = 0
    """How far its work stands back when processors are scarce, from 0 to 19; its children's too."""
    loads: tuple[str, ...] = ()
    """Modules that the supervisor loads beforehand: it forks this process (`forking.py`). The
    command is `python -m MODULE ...` then, and MODULE, one of them, has a `main` that takes the
    rest of the words."""
    group: str | None = None
    """Of workers that share a socket on their port: what they are called together. Theirs are the
    names `GROUP-1`, `GROUP-2` and on; the supervisor holds the socket, each has it as its file 0.
    """

    def arguments(self, instance: Instance) -> list[str]:
        """The command with its places filled in."""
        if callable(self.command):
            return list(self.command(instance))
        names = {"root": str(instance.root), "var": str(instance.var)}
        for number, port in enumerate(self.ports, start=1):
            names["port" if number == 1 else f"port{number}"] = str(instance.port(port))
        return [word.format_map(names) for word in self.command]

    def url(self, instance: Instance) -> str | None:
        """What a person opens in a browser."""
        if self.path is None:
            return None
        return f"http://127.0.0.1:{instance.port(self.ports[0])}{self.path}"


@dataclass(frozen=True)
class Step:
    """Work of `squad up` beside starting processes; it must be harmless to repeat.

    `target` is "module:function", imported when it is called, with the instance and a function
    that shows one line of progress. It raises LocalError where the operator can help.
    """

    name: str
    target: str

    def run(self, instance: Instance, note: Note) -> None:
        module, _, function = self.target.partition(":")
        getattr(import_module(module), function)(instance, note)


@dataclass(frozen=True)
class Blueprint:
    """Everything `squad up` starts and does, in order."""

    processes: Sequence[Process]
    prepare: Sequence[Step] = ()
    """Between the databases and the services: schemas, roles, demo data."""
    complete: Sequence[Step] = ()
    """When all services are ready: the first jobs."""

    def find(self, name: str) -> Process:
        """Raises LocalError with the known names."""
        return self.named(name)[0]

    def named(self, name: str) -> list[Process]:
        """The process of this name, or the workers that are called so together; LocalError."""
        found = [one for one in self.processes if name in {one.name, one.group}]
        if not found:
            known = ", ".join(process.name for process in self.processes)
            raise LocalError(f"There is no process {name!r}. There are: {known}.")
        return found

    def waves(self, processes: Sequence[Process]) -> list[list[Process]]:
        """The processes in groups, each of which needs only earlier ones."""
        left = list(processes)
        names = {process.name for process in left}
        done: set[str] = set()
        waves = []
        while left:
            wave = [process for process in left if not (set(process.after) & names) - done]
            if not wave:
                stuck = ", ".join(process.name for process in left)
                raise ValueError(f"These processes wait for each other: {stuck}.")
            waves.append(wave)
            done |= {process.name for process in wave}
            left = [process for process in left if process.name not in done]
        return waves
