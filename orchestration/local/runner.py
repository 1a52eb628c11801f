"""Starting, stopping and mending the platform as a whole."""

import signal
import traceback
from collections.abc import Collection, Sequence

from orchestration.local import health, marks
from orchestration.local.blueprint import Blueprint, Process, Step
from orchestration.local.databases import make_server
from orchestration.local.errors import LocalError
from orchestration.local.files import private_folder
from orchestration.local.folders import exclusive, prepare_folders
from orchestration.local.instance import Instance, forget, record, recorded
from orchestration.local.observing import begin_counting, counts_folder
from orchestration.local.preflight import check_machine, check_ports
from orchestration.local.progress import Progress
from orchestration.local.supervisor_client import Supervisor
from orchestration.local.supervisor_config import write_config, write_launch

ORPHAN_SECONDS = 15
SHUTDOWN_SECONDS = 60
NAMES_SHOWN = 4


class Runner:
    """One instance with what it consists of."""

    def __init__(self, instance: Instance, blueprint: Blueprint, progress: Progress) -> None:
        self.instance = instance
        self.blueprint = blueprint
        self.progress = progress
        self.supervisor = Supervisor(instance)

    def health(self) -> list[health.Health]:
        """Every process, looked at now."""
        return health.examine(self.instance, self.blueprint, self.supervisor)

    def is_well(self) -> bool:
        return all(one.why is None for one in self.health())

    def up(self) -> bool:
        """Start what does not run and do the steps; False when everything ran already.

        After a failure or Ctrl-C, what this call started is stopped again, and the error goes on.
        """
        self._refuse_other_ports()
        prepare_folders(self.instance)
        with exclusive(self.instance):
            if self.supervisor.pid() is not None and self.is_well():
                return False
            with self.progress.step("Checking the machine"):
                check_machine(self.instance)
            started: list[Process] = []
            own_supervisor = self.supervisor.pid() is None
            try:
                self._start_supervisor()
                self._start([one for one in self.blueprint.processes if one.foundation], started)
                self._take(self.blueprint.prepare)
                others = [one for one in self.blueprint.processes if not one.foundation]
                self._start(others, started)
                self._take(self.blueprint.complete)
            except BaseException:
                self._undo(started, own_supervisor=own_supervisor)
                raise
            return True

    def down(self) -> bool:
        """Stop everything, databases last; False when nothing ran."""
        if not self.instance.run.is_dir():
            return False
        with exclusive(self.instance):
            ran = self.supervisor.pid() is not None
            if ran:
                self._stop(self.blueprint.processes)
                with self.progress.step("Stopping the supervisor"):
                    self.supervisor.shut_down(SHUTDOWN_SECONDS)
            orphans = self._end_orphans()
            forget(self.instance)
            return ran or orphans

    def restart(self, name: str) -> None:
        """Stop and start one process, with the environment that its entry gives it now.

        Workers one after another, when they are called by their common name: one always serves.
        """
        processes = self.blueprint.named(name)
        self.require_supervisor()
        with exclusive(self.instance):
            for process in processes:
                if process.name not in self.supervisor.states():
                    write_config(self.instance, self.blueprint)
                    self.supervisor.read_config()
                with self.progress.step(f"Stopping {process.name}"):
                    self.supervisor.stop([process.name])
                self._start([process], [])

    def require_supervisor(self) -> None:
        """Raises LocalError when the platform is down."""
        if self.supervisor.pid() is None:
            raise LocalError(f"The platform in {self.instance.var} is not running: `squad up`.")

    def take(self, step: Step) -> None:
        """Do one step; an unforeseen error's traceback goes to the log, one line to the person."""
        with self.progress.step(step.name):
            try:
                step.run(self.instance, self.progress.note)
            except LocalError:
                raise
            except Exception as error:
                log = self.instance.log / "squad.log"
                with log.open("a") as file:
                    file.write(f"{step.name}\n{traceback.format_exc()}\n")
                first = (str(error).splitlines() or [""])[0]
                raise LocalError(
                    f"{step.name} failed: {type(error).__name__}: {first}. The traceback is in "
                    f"{log}."
                ) from error

    def _take(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self.take(step)

    def _refuse_other_ports(self) -> None:
        running = recorded(self.instance)
        if running.port_offset != self.instance.port_offset and self.supervisor.pid() is not None:
            raise LocalError(
                f"The platform in {self.instance.var} runs with SQUAD_PORT_OFFSET="
                f"{running.port_offset}: use that, or `squad down` first, or another SQUAD_VAR."
            )

    def _start_supervisor(self) -> None:
        """Start the supervisor, or show a running one what there is to run now."""
        if self.supervisor.pid() is not None:
            private_folder(counts_folder(self.instance))
            write_config(self.instance, self.blueprint)
            self.supervisor.read_config()
            record(self.instance)
            return
        with self.progress.step("Starting the supervisor"):
            self._end_orphans()
            begin_counting(self.instance)
            check_ports(self.instance, self.blueprint.processes)
            write_config(self.instance, self.blueprint)
            record(self.instance)
            self.supervisor.start()

    def _start(self, processes: Sequence[Process], started: list[Process]) -> None:
        """Start those that do not run, and wait for all; what is started is added to `started`."""
        for wave in self.blueprint.waves(processes):
            states = self.supervisor.states()
            fresh = [process for process in wave if not states[process.name].alive]
            # One that dies and is started again holds its port for moments.
            held = {state.group for state in states.values() if state.alive}
            quiet = [
                process
                for process in fresh
                if states[process.name].state != "BACKOFF" and process.group not in held
            ]
            with self.progress.step(f"Starting {_count(wave)}"):
                check_ports(self.instance, quiet)
                for process in fresh:
                    self._launch(process, started)
                health.wait_until_ready(self.instance, wave, self.supervisor, self._tell)

    def _launch(self, process: Process, started: list[Process]) -> None:
        if process.runs_as_server_user:
            make_server(self.instance)
        self.instance.heartbeat(process.name).unlink(missing_ok=True)
        write_launch(self.instance, process)
        started.append(process)
        self.supervisor.start_process(process.name)

    def _tell(self, process: Process, waiting: Collection[str]) -> None:
        names = ", ".join(waiting) if len(waiting) <= NAMES_SHOWN else f"{len(waiting)} others"
        awaited = f"; waiting for {names}" if waiting else ""
        self.progress.note(f"{process.name} is ready{awaited}")

    def _stop(self, processes: Sequence[Process]) -> None:
        for wave in reversed(self._stopping_waves(processes)):
            with self.progress.step(f"Stopping {_count(wave)}"):
                self.supervisor.stop({process.name for process in wave})

    def _stopping_waves(self, processes: Sequence[Process]) -> list[list[Process]]:
        """As started: foundations first, though nothing names them in `after`."""
        foundations = [process for process in processes if process.foundation]
        others = [process for process in processes if not process.foundation]
        return [*self.blueprint.waves(foundations), *self.blueprint.waves(others)]

    def _undo(self, started: Sequence[Process], *, own_supervisor: bool) -> None:
        if self.supervisor.pid() is not None:
            self._stop(started)
        if own_supervisor:
            self.supervisor.shut_down(SHUTDOWN_SECONDS)
            self._end_orphans()
            forget(self.instance)

    def _end_orphans(self) -> bool:
        """End what a killed supervisor left behind, databases last; whether there was anything."""
        orphans = marks.marked_processes(self.instance.var)
        foundations = {one.name: one for one in self.blueprint.processes if one.foundation}
        last = [one for one in orphans if marks.process_name(one) in foundations]
        marks.end([one for one in orphans if one not in last], ORPHAN_SECONDS)
        for one in last:
            process = foundations[str(marks.process_name(one))]
            marks.end([one], ORPHAN_SECONDS, signal.Signals[f"SIG{process.stop_signal}"])
        if orphans:
            self.progress.note(f"ended {len(orphans)} process(es) that had lost their supervisor")
        return bool(orphans)


def _count(processes: Sequence[Process]) -> str:
    return processes[0].name if len(processes) == 1 else f"{len(processes)} processes"
