"""What is done to the platform, and how it is told that all is well again."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from orchestration.local.blueprint import Process
from orchestration.local.databases import admin_url
from orchestration.local.errors import LocalError
from orchestration.local.first_jobs import dagster
from orchestration.local.launch import Launch, launch_file
from orchestration.local.processes import POSTGRES, RELAYS
from orchestration.local.supervisor_client import ProcessState
from orchestration.local.wiring import SANDBOX_PORT
from tests.chaos.asking import Outage
from tests.chaos.copies import copy_messages, repeat_messages
from tests.chaos.month import CLOCK, bill, set_clock_forward
from tests.whole_platform import Platform

RECOVERY_SECONDS = 180.0
HOLD_SECONDS = (1.0, 4.0)
"""How long a door stays in trouble, or a second worker beside the first."""
JUMPS = (-3600, -120, 120, 3600)
DOORS: dict[str, dict[str, float]] = {
    "slow": {"delay_ms": 3000},
    "refusing": {"refuse_rate": 1.0},
    "lying": {"drop_rate": 1.0},
}
CLOCKED = ("-api", "relay-")
"""Of processes that take the time from `kernel/clock` and are not bound to a run."""


class NotRun(Exception):
    """This fault cannot be done on this machine; the text says why."""


@dataclass(frozen=True)
class Fault:
    """One blow: `seconds` until all was well again."""

    kind: str
    victim: str
    seconds: float


@dataclass
class Saboteur:
    """Does faults one after the other; the same `dice` give the same ones in the same order."""

    platform: Platform
    dice: random.Random
    outages: list[Outage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._runner = self.platform.runner()
        self._instance = self._runner.instance
        for source in ("customer", "sysops", "billing"):
            copy_messages(admin_url(self._instance, source))
        names = [process.name for process in self._runner.blueprint.processes]
        services = [name for name in names if name != POSTGRES.name]
        clocked = [one for one in services if any(word in one for word in CLOCKED)]
        relays = [f"relay-{source}-{target}" for source, target, *_ in RELAYS]
        doors = [f"{door} {how}" for door in ("mail", "sms", "payments") for how in DOORS]
        self._kinds: dict[str, tuple[int, Sequence[str], Callable[[str], None]]] = {
            "kill": (50, services, self._kill),
            "stop the database at once": (6, [POSTGRES.name], self._stop_database),
            "fill the database's disk": (2, [POSTGRES.name], self._fill_disk),
            "trouble at a door": (14, doors, self._trouble),
            "repeat messages out of order": (10, ["customer", "sysops", "billing"], self._repeat),
            "jump of a clock": (6, clocked, self._jump),
            "two workers": (4, relays, self._double),
            "two schedulers": (2, ["dagster-daemon"], self._double),
            "two runs at once": (
                4,
                ["assign_experts_job", "billing_run_job"],
                self._two_runs,
            ),
            "migrate under load": (2, ["customer", "sysops", "billing"], self._migrate),
        }

    def end_the_month(self) -> None:
        """For billing it is next month, and the run of this one waits for finance."""
        set_clock_forward(self._instance)
        self._kill("code-billing")
        self._recovered()
        bill(self._instance)

    def plan(self, faults: int) -> list[tuple[str, str]]:
        """The faults to come. Each kind is among the first ones."""
        kinds = list(self._kinds)
        weights = [self._kinds[kind][0] for kind in kinds]
        chosen = self.dice.sample(kinds, len(kinds))[:faults]
        chosen += self.dice.choices(kinds, weights, k=max(0, faults - len(chosen)))
        return [(kind, self.dice.choice(self._kinds[kind][1])) for kind in chosen]

    def strike(self, kind: str, victim: str) -> Fault:
        """Does one fault and waits until it is over; raises LocalError if it never is, NotRun."""
        self._kinds[kind][2](victim)
        return Fault(kind, victim, self._recovered())

    # the kinds ----------------------------------------------------------------------

    def _kill(self, name: str) -> None:
        self._signal(name, signal.SIGKILL)

    def _stop_database(self, name: str) -> None:
        """An immediate shutdown: no checkpoint, what was open is rolled back at the next start."""
        began = time.monotonic()
        self._signal(name, signal.SIGQUIT)
        self._wait_for(name)
        self.outages.append((began, time.monotonic()))

    def _fill_disk(self, name: str) -> None:
        if self.platform.small_disk is None:
            raise NotRun("no file system could be mounted for the database alone")
        ballast = Path(self.platform.small_disk, "ballast")
        began = time.monotonic()
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(2**20))
        self._hold()
        ballast.unlink()
        self._wait_for(name)
        self.outages.append((began, time.monotonic()))

    def _trouble(self, where: str) -> None:
        door, _, how = where.partition(" ")
        self._set_faults({door: DOORS[how]})
        self._hold()
        self._set_faults({})

    def _repeat(self, source: str) -> None:
        repeat_messages(admin_url(self._instance, source), self.dice.randrange(2**31))

    def _jump(self, name: str) -> None:
        """The process starts again with another clock, and later with the right one."""
        file = launch_file(self._instance.var, name)
        right = file.read_text()
        launch: Launch = json.loads(right)
        launch["environment"][CLOCK] = str(self.dice.choice(JUMPS))
        try:
            file.write_text(json.dumps(launch))
            self._kill(name)
            self._wait_for(name)
            self._hold()
        finally:
            file.write_text(right)
        self._kill(name)

    def _double(self, name: str) -> None:
        """A second process beside the first, which then dies."""
        launch: Launch = json.loads(launch_file(self._instance.var, name).read_text())
        second = subprocess.Popen(
            launch["arguments"],
            env=launch["environment"],
            cwd=launch["directory"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._hold(4)
        second.kill()
        second.wait()

    def _two_runs(self, job: str) -> None:
        start = self._assign if job.startswith("assign") else partial(bill, self._instance)
        with ThreadPoolExecutor(max_workers=2) as threads:
            for run in [threads.submit(start) for _ in range(2)]:
                # One may fail beside the other, or find Dagster away: what counts is what it did.
                with suppress(LocalError):
                    run.result()

    def _assign(self) -> None:
        jobs = dagster(self._instance)
        run = jobs.launch("operations", "assign_experts_job")
        jobs.wait(run, RECOVERY_SECONDS, lambda _: None)

    def _migrate(self, database: str) -> None:
        """`squad migrate`, and a column that comes and goes, under the lock timeout of ours."""
        done = self.platform.squad("migrate", seconds=RECOVERY_SECONDS)
        if done.returncode != 0:
            raise LocalError("squad migrate failed under load:", done.stderr.splitlines()[-5:])
        table = {"customer": "ticket", "sysops": "ticket", "billing": "invoice"}[database]
        with psycopg.connect(admin_url(self._instance, database), autocommit=True) as connection:
            connection.execute("SET lock_timeout = '5s'")
            for change in ("ADD COLUMN IF NOT EXISTS chaos integer", "DROP COLUMN chaos"):
                connection.execute(
                    sql.SQL("ALTER TABLE {} {}").format(sql.Identifier(table), sql.SQL(change))
                )

    # how they are done and looked at ------------------------------------------------

    def _hold(self, times: float = 1) -> None:
        time.sleep(self.dice.uniform(*HOLD_SECONDS) * times)

    def _signal(self, name: str, number: signal.Signals) -> None:
        state = self._state(name)
        if state.pid:
            with suppress(ProcessLookupError):
                os.kill(state.pid, number)
            # Its last beat is not one of the process that comes after it.
            self._instance.heartbeat(name).unlink(missing_ok=True)
        # The supervisor has to notice before its word can be trusted.
        deadline = time.monotonic() + 10
        while self._state(name).pid == state.pid and time.monotonic() < deadline:
            time.sleep(0.05)

    def _set_faults(self, faults: dict[str, dict[str, float]]) -> None:
        url = f"http://127.0.0.1:{self._instance.port(SANDBOX_PORT)}/api/faults"
        httpx.put(url, json=faults, timeout=10, trust_env=False).raise_for_status()

    def _state(self, name: str) -> ProcessState:
        return self._runner.supervisor.states()[name]

    def _wait_for(self, name: str) -> None:
        process = self._runner.blueprint.find(name)
        self._until(lambda: self._why(process))

    def _recovered(self) -> float:
        """Seconds until every process is well."""
        began = time.monotonic()

        def why() -> str | None:
            return next(
                (f"{it.process.name}: {it.why}" for it in self._runner.health() if it.why), None
            )

        self._until(why)
        return time.monotonic() - began

    def _why(self, process: Process) -> str | None:
        state = self._state(process.name)
        if not state.alive:
            return f"{process.name} is {state.state}"
        return process.probe.problem(self._instance, state.started)

    @staticmethod
    def _until(why: Callable[[], str | None]) -> None:
        deadline = time.monotonic() + RECOVERY_SECONDS
        while (reason := why()) is not None:
            if time.monotonic() > deadline:
                raise LocalError(f"Not well after {RECOVERY_SECONDS:g} s: {reason}")
            time.sleep(0.1)
