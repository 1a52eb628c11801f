"""`squad bench startup` and `squad bench memory`: the whole platform beside its bare parts.

A bare part (`bare`) is the same program as its maker starts it, with nothing of ours in it. The
platform has one for each of its processes: an API is an uvicorn, a relay a pgqueuer, and so on.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, TypeVar

import psutil

from orchestration.local import environment
from orchestration.local.marks import marked_processes
from orchestration.local.memory import Memory, memory_of
from orchestration.local.runner import Runner
from tests.benchmarks.bare import Bare, bare, wait
from tests.benchmarks.report import Report, Wrong, timed
from tests.chaos import experiment
from tests.whole_platform import Platform, whole_platform

CUSTOMERS = 400
ROUNDS = 3
REST_SECONDS = 60
"""After the start; the least that is seen meanwhile is without jobs."""
LOAD_SECONDS = 90
LOOK_SECONDS = 3
"""Between two looks: jobs come and go, and one look says which of them it met."""

BARE = ("postgres", "uvicorn", "pgqueuer", "streamlit", "code_server", "webserver", "daemon")
PARTS = {
    "postgres": "postgres", "sandbox": "uvicorn", "dagster-webserver": "webserver",
    "dagster-daemon": "daemon", "dashboards": "streamlit",
}  # fmt: skip
"""What a process of the platform is without ours; others by the first or last of their name."""

RUNS = 2
"""Bare runs that are looked at together."""

Seen = TypeVar("Seen")

IMPORTS = {
    "squad": "orchestration.local.cli",
    "an API": "api.serve, api.customer.quantum",
    "a relay": "api.relay, api.sysops.inbound",
    "the operations jobs": "orchestration.definitions.operations",
    "the billing jobs": "orchestration.definitions.billing",
    "the analytics jobs": "orchestration.definitions.analytics",
    "the dashboards": "dashboards.frame, dashboards.tiles, dashboards.charts",
    "bare litestar": "litestar",
    "bare dagster": "dagster",
    "bare streamlit": "streamlit",
}


@dataclass(frozen=True)
class Look:
    """Memory at one moment, and how many runs of jobs there were."""

    mb: int
    runs: int


def startup(say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds from nothing to all probes, on a machine that has the data already."""
    report = Report({}, say)
    with whole_platform(CUSTOMERS) as platform:
        runner = platform.runner()
        # What `squad up` does but for the first jobs.
        runner.blueprint = replace(runner.blueprint, complete=())
        parts = counted(runner)
        ours: list[float] = []
        for _ in range(ROUNDS):
            runner.down()
            with timed(ours):
                runner.up()
            if not runner.is_well():
                raise Wrong("Not all are well after a start.")
        runner.down()
    alone, together = _bare_starts(parts)
    report.add("processes", sum(parts.values()))
    report.add("up_s", [round(one, 1) for one in ours])
    report.add("bare_at_once_s", round(together, 1))
    report.add("bare_s", {part: round(seconds, 2) for part, seconds in alone.items()})
    each = [alone[part] * number for part, number in parts.items()]
    report.compare("start to its bare parts", ours=ours, yardstick=[sum(each)], at_most=1.3)
    report.compare("start to one of each", ours=ours, yardstick=[sum(alone.values())], at_most=1.3)
    for name, modules in IMPORTS.items():
        report.add(f"import {name}_s", _import(modules))
    return report.figures


def memory(say: Callable[[str], None]) -> dict[str, Any]:
    """MB of all processes, shared pages counted once, at rest and under load.

    Under load jobs run, each in a process: beside them stand as many bare runs.
    """
    report = Report({}, say)
    with whole_platform(CUSTOMERS) as platform:
        parts = counted(platform.runner())
        rest = min(it.mb for it in _looks(lambda: _ours(platform), REST_SECONDS))
        report.add("at_rest_mb", rest)
        looks = _under_load(platform)
    bare_parts, bare_run = _bare_memory(parts)
    report.add("bare_mb", bare_parts)
    report.add("bare_run_mb", round(bare_run))
    yardsticks = [bare_parts + look.runs * bare_run for look in looks]
    loaded, yardstick = sorted(
        zip(looks, yardsticks, strict=True), key=lambda it: it[0].mb / it[1]
    )[len(looks) // 2]
    report.add("under_load_mb", loaded.mb)
    report.add("under_load_runs", loaded.runs)
    report.compare("memory at rest", ours=[rest], yardstick=[bare_parts], at_most=1.5)
    report.compare("memory under load", ours=[loaded.mb], yardstick=[yardstick], at_most=1.5)
    return report.figures


def counted(runner: Runner) -> Counter[str]:
    """How many of which bare part the platform's processes are."""
    return Counter(part_of(process.name) for process in runner.blueprint.processes)


def part_of(name: str) -> str:
    if name in PARTS:
        return PARTS[name]
    if name.startswith("relay-"):
        return "pgqueuer"
    return "code_server" if name.startswith("code-") else "uvicorn"


def _bare_starts(parts: Counter[str]) -> tuple[dict[str, float], float]:
    """Seconds of each part by itself, one after the other, and of as many as ours at once."""
    alone: dict[str, float] = {}
    with bare() as made:
        for part in BARE:
            seconds: list[float] = []
            with timed(seconds):
                wait({part: made.start(part)})
            alone[part] = seconds[0]
        made.stop()
        together: list[float] = []
        with timed(together):
            _at_once(made, parts)
    return alone, together[0]


def _at_once(made: Bare, parts: Counter[str]) -> None:
    number = count()
    # The server first, as everything else asks it; then what others load.
    order = sorted(parts.elements(), key=lambda it: (it != "postgres", it != "code_server"))
    wait({f"{part} {next(number)}": made.start(part) for part in order})


def _import(modules: str) -> float:
    command = [sys.executable, "-c", f"import {modules}"]
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, env=environment.common(), check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return round(min(seconds), 2)


def _ours(platform: Platform) -> Look:
    # With the supervisor: what it has loaded is in memory for all that it forks.
    found = marked_processes(platform.instance.var)
    whole = sum((memory_of(one.pid, descendants=False) for one in found), Memory())
    return Look(_mb(whole), sum(is_run(one) for one in found))


def is_run(process: psutil.Process) -> bool:
    """Code servers start runs, and nothing else, by `multiprocessing`."""
    try:
        return any("spawn_main" in word for word in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _under_load(platform: Platform) -> list[Look]:
    """What is seen while it is used, when it has been for half of the time."""
    with ThreadPoolExecutor(1) as beside:
        looking = beside.submit(_looks, lambda: _ours(platform), LOAD_SECONDS)
        looks = asyncio.run(experiment.use(platform, LOAD_SECONDS, looking.result))
    return looks[len(looks) // 2 :]


def _bare_memory(parts: Counter[str]) -> tuple[int, float]:
    """MB of as many bare parts, and of a bare run beside them."""
    with bare() as made:
        _at_once(made, parts)
        without = min(_looks(lambda: _mb(made.memory()), REST_SECONDS))
        for number in range(RUNS):
            wait({f"run {number}": made.start("run_of_a_job")})
        beside = min(_looks(lambda: _mb(made.memory()), REST_SECONDS))
    return without, (beside - without) / RUNS


def _looks(look: Callable[[], Seen], seconds: float) -> list[Seen]:
    until, found = time.monotonic() + seconds, []
    while time.monotonic() < until:
        found.append(look())
        time.sleep(LOOK_SECONDS)
    return found


def _mb(memory_: Memory) -> int:
    return (memory_.resident if memory_.proportional is None else memory_.proportional) // 2**20
