"""Talking to this platform's supervisor over its private socket."""

import http.client
import os
import socket
import subprocess
import time
import xmlrpc.client
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.local import observing
from orchestration.local.environment import SUPERVISOR, common, marked
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.logs import last_lines
from orchestration.local.marks import is_running
from orchestration.local.supervisor_config import (
    prepare_socket_folder,
    remove_socket_folder,
    socket_file,
    supervisor_command,
)

CALL_SECONDS = 20
START_SECONDS = 20
STOP_SECONDS = 90
# supervisor.xmlrpc.Faults
BAD_NAME = 10
FAILED = 30
ALREADY_STARTED = 60
NOT_RUNNING = 70

ENDING = (NOT_RUNNING, FAILED, BAD_NAME)

ALIVE = frozenset({"STARTING", "RUNNING"})
# Not EXITED or BACKOFF: the supervisor is about to start those again.
GONE = frozenset({"STOPPED", "FATAL", "UNKNOWN"})


class SupervisorGoneError(LocalError):
    """The supervisor does not run, or ended during the call."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=CALL_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(CALL_SECONDS)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    """Unlike the supervisor's own transport it gives up on a supervisor that hangs."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _Connection(self._path)
        # Where the base class looks for what it has to close.
        self._connection = host, connection
        return connection


@dataclass(frozen=True)
class ProcessState:
    """What the supervisor says of a process; times are epoch seconds, 0 when it never happened."""

    name: str
    group: str
    """The section of the configuration that it is of: its own name, but for workers."""
    state: str
    pid: int
    started: float
    stopped: float

    @property
    def address(self) -> str:
        """What the supervisor calls it."""
        return f"{self.group}:{self.name}"

    @property
    def alive(self) -> bool:
        return self.state in ALIVE


class Supervisor:
    """The supervisor of one platform, whether it runs or not."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._socket = socket_file(instance)

    def pid(self) -> int | None:
        """Its process id, or None when it does not run."""
        try:
            return int(self._call("supervisor.getPID"))
        except SupervisorGoneError:
            return None

    def start(self) -> None:
        """Start the supervisor in the background, with no process of its own yet."""
        prepare_socket_folder(self._instance)
        self._socket.unlink(missing_ok=True)
        done = subprocess.run(  # noqa: S603 - our own command, no shell
            supervisor_command(self._instance),
            check=False,
            capture_output=True,
            text=True,
            cwd=self._instance.root,
            env={
                **common(),
                **marked(self._instance, SUPERVISOR),
                # Of what it forks: read when metrics are loaded, and so before each has its own.
                **observing.counted(self._instance),
                # The title of a forked process leaves these variables where the marks are read.
                "SPT_NOENV": "1",
            },
            # A Ctrl-C in the terminal is not for it.
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.pid() is not None:
                return
            time.sleep(0.05)
        log = self._instance.log / "supervisor.log"
        raise LocalError(
            f"The supervisor did not start; the end of {log}:",
            [*done.stderr.splitlines(), *last_lines(log, 5)],
        )

    def shut_down(self, seconds: float) -> None:
        """Stop the supervisor; returns when its process has ended."""
        pid = self.pid()
        if pid is None:
            return
        with suppress(SupervisorGoneError):
            self._call("supervisor.shutdown")
        deadline = time.monotonic() + seconds
        while is_running(pid):
            if time.monotonic() > deadline:
                raise LocalError(f"The supervisor (pid {pid}) did not stop: kill it.")
            time.sleep(0.05)
        remove_socket_folder(self._instance)

    def states(self) -> dict[str, ProcessState]:
        """Every process that the supervisor knows, by name."""
        return {
            info["name"]: ProcessState(
                name=info["name"],
                group=info["group"],
                state=info["statename"],
                pid=info["pid"],
                started=info["start"],
                stopped=info["stop"],
            )
            for info in self._call("supervisor.getAllProcessInfo")
        }

    def read_config(self) -> None:
        """Take over a new configuration; a process that is no longer in it is stopped."""
        [[added, changed, removed]] = self._call("supervisor.reloadConfig")
        old = {*changed, *removed}
        self.stop([state.name for state in self.states().values() if state.group in old])
        for name in (*changed, *removed):
            self._call("supervisor.removeProcessGroup", name)
        for name in (*changed, *added):
            self._call("supervisor.addProcessGroup", name)

    def start_process(self, name: str) -> None:
        """Does not wait for the process; one that runs already stays."""
        address = self.states()[name].address
        self._call("supervisor.startProcess", address, False, ignore=(ALREADY_STARTED,))

    def stop(self, names: Collection[str]) -> None:
        """Stop processes side by side; returns when all have ended.

        The supervisor kills what outlives its time; LocalError names what even that does not end.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            left = [
                state
                for state in self.states().values()
                if state.name in names and state.state not in GONE
            ]
            if not left:
                return
            if time.monotonic() > deadline:
                stuck = ", ".join(f"{state.name} (pid {state.pid})" for state in left)
                raise LocalError(f"These processes do not stop, kill them: {stuck}.")
            for state in left:
                if state.state != "STOPPING":
                    # A process that ends at this moment cannot be stopped; the next look tells.
                    self._call("supervisor.stopProcess", state.address, False, ignore=ENDING)
            time.sleep(0.1)

    def _call(self, method: str, *arguments: object, ignore: Collection[int] = ()) -> Any:
        """Raises LocalError on a refusal, SupervisorGoneError when it does not run."""
        proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_Transport(self._socket))
        with proxy:
            try:
                return getattr(proxy, method)(*arguments)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode in ignore:
                    return None
                raise LocalError(f"The supervisor refused {method}: {fault.faultString}") from fault
            except (FileNotFoundError, ConnectionError, http.client.HTTPException) as error:
                raise SupervisorGoneError("The supervisor has ended.") from error
            except TimeoutError as error:
                raise LocalError(
                    f"The supervisor does not answer (its process id is in "
                    f"{self._instance.run / 'supervisor.pid'}): kill it and run `squad up`."
                ) from error
            except PermissionError as error:
                raise LocalError(
                    f"{self._socket} belongs to another user: run squad as the user who started "
                    f"the platform (you are user id {os.geteuid()})."
                ) from error
