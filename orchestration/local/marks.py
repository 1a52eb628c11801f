"""Finding and ending processes of a platform by the marks in their environment.

The runner knows its children; the marks find what is left when the runner itself was killed.
"""

import re
import shlex
import signal
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from orchestration.local.environment import PROCESS_MARK, SUPERVISOR, VAR_MARK


def is_marked(process: psutil.Process, environment: Mapping[str, str]) -> bool:
    """Whether the process bears the same marks as `environment`."""
    marks = _marks(process)
    return marks == (environment[VAR_MARK], environment[PROCESS_MARK])


def marked_processes(var: Path) -> list[psutil.Process]:
    """Every living process of the platform in `var`, but for this one and those that began it."""
    me = psutil.Process()
    spared = {me.pid, *(parent.pid for parent in me.parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in spared:
            continue
        of_var, name = _marks(process)
        if of_var == str(var) and name:
            found.append(process)
    return found


def process_name(process: psutil.Process) -> str | None:
    """Which process of the platform this is, or descends from."""
    return _marks(process)[1]


def is_running(pid: int) -> bool:
    """Whether there is such a process, other than one that only waits for its parent to notice."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end(processes: Sequence[psutil.Process], seconds: float, sig: int = signal.SIGTERM) -> None:
    """Ask the processes to stop, and kill what has not stopped after `seconds`."""
    _send(processes, sig)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    _send(alive, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=seconds)


def _send(processes: Iterable[psutil.Process], sig: int) -> None:
    for process in processes:
        try:
            process.send_signal(sig)
        except psutil.NoSuchProcess:
            continue


def _marks(process: psutil.Process) -> tuple[str | None, str | None]:
    try:
        environ = process.environ()
    except (psutil.Error, OSError):
        # Ended meanwhile, or another user's: not ours.
        return None, None
    name = environ.get(PROCESS_MARK)
    return environ.get(VAR_MARK), _forked(process) if name == SUPERVISOR else name


def title(name: str, arguments: Sequence[str]) -> str:
    """What a forked process is called: the kernel shows its supervisor's variables for its own."""
    return f"{name}: {shlex.join(arguments)}"


def _forked(process: psutil.Process) -> str:
    """The name in a forked process's title, or the supervisor's own."""
    try:
        titled = _TITLED.match(" ".join(process.cmdline()))
    except (psutil.Error, OSError):
        return SUPERVISOR
    return titled[1] if titled else SUPERVISOR


# No program is called so: its path begins with a slash.
_TITLED = re.compile(r"([\w-]+): ")
