"""Whether each part of the platform is well, since when, and why not."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from orchestration.local.blueprint import Blueprint, Process
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.logs import last_lines
from orchestration.local.supervisor_client import ProcessState, Supervisor

POLL_SECONDS = 0.25
DEATHS_TO_GIVE_UP = 3
LOG_LINES = 10


@dataclass(frozen=True)
class Health:
    """One process: `why` is None when it is well. `since` is in epoch seconds."""

    process: Process
    state: str
    pid: int | None
    since: float | None
    why: str | None


def examine(instance: Instance, blueprint: Blueprint, supervisor: Supervisor) -> list[Health]:
    """Look at every process of the blueprint now; probes are asked side by side."""
    states = supervisor.states() if supervisor.pid() is not None else {}

    def look(process: Process) -> Health:
        state = states.get(process.name)
        if state is None or not state.alive:
            return _dead(instance, process, state)
        why = process.probe.problem(instance, state.started)
        return Health(process, state.state.lower(), state.pid, state.started, why)

    with ThreadPoolExecutor(max_workers=16) as threads:
        return list(threads.map(look, blueprint.processes))


def _dead(instance: Instance, process: Process, state: ProcessState | None) -> Health:
    if state is None:
        return Health(process, "stopped", None, None, "not running: `squad up` starts it")
    since = state.stopped or None
    if state.state == "STOPPED":
        why = f"stopped: `squad restart {process.name}` starts it"
        return Health(process, "stopped", None, since, why)
    last = last_lines(instance.log / f"{process.name}.log", 1)
    ending = f" ({last[0].strip()[:160]})" if last else ""
    if state.state == "FATAL":
        why = f"keeps dying, given up: see `squad logs {process.name}`{ending}"
    else:
        why = f"died, is started again: see `squad logs {process.name}`{ending}"
    return Health(process, state.state.lower(), None, since, why)


@dataclass
class _Waiting:
    process: Process
    deadline: float
    problem: str = "not started"
    alive: bool = False
    starts: frozenset[float] = frozenset()


def wait_until_ready(
    instance: Instance,
    processes: Sequence[Process],
    supervisor: Supervisor,
    ready: Callable[[Process, Collection[str]], None],
) -> None:
    """Return when every process is ready; `ready` is told of each, and of the names still awaited.

    Raises LocalError, with the end of each log, when one keeps dying or its time is over.
    """
    now = time.monotonic()
    waiting = {
        process.name: _Waiting(process, now + process.start_seconds) for process in processes
    }
    with ThreadPoolExecutor(max_workers=16) as threads:
        while waiting:
            states = supervisor.states()
            list(threads.map(partial(_look, instance, states), waiting.values()))
            for name, one in list(waiting.items()):
                if not one.problem:
                    del waiting[name]
                    ready(one.process, waiting.keys())
            failed = [one for one in waiting.values() if _is_hopeless(one, states)]
            if failed:
                raise _failure(instance, failed)
            time.sleep(POLL_SECONDS if waiting else 0)


def _look(instance: Instance, states: Mapping[str, ProcessState], one: _Waiting) -> None:
    state = states[one.process.name]
    if state.started:
        one.starts |= {state.started}
    one.alive = state.alive
    if state.alive:
        one.problem = one.process.probe.problem(instance, state.started) or ""
    else:
        one.problem = "it dies soon after its start"


def _is_hopeless(one: _Waiting, states: Mapping[str, ProcessState]) -> bool:
    state = states[one.process.name]
    gave_up = state.state in {"FATAL", "STOPPED", "UNKNOWN"}
    dies_again = state.state == "BACKOFF" and len(one.starts) >= DEATHS_TO_GIVE_UP
    return gave_up or dies_again or time.monotonic() > one.deadline


def _failure(instance: Instance, failed: Sequence[_Waiting]) -> LocalError:
    names = ", ".join(one.process.name for one in failed)
    details = []
    for one in failed:
        path = instance.log / f"{one.process.name}.log"
        limit = f" within {one.process.start_seconds:g} s" if one.alive else ""
        details.append(f"{one.process.name} was not ready{limit}: {one.problem}. {path} ends:")
        details += [f"    {line}" for line in last_lines(path, LOG_LINES)] or ["    (empty)"]
    return LocalError(f"Not started: {names}. Mend what the log says, then try again.", details)
