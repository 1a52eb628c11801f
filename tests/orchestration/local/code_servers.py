"""A code server as the platform starts it, with a few jobs, and a Dagster beside it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
from dagster._core.test_utils import create_run_for_test
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._grpc.client import DagsterGrpcClient

from orchestration.local import dagster_program
from orchestration.local.dagster_home import SETTINGS
from tests.orchestration.local import few_jobs

LOCATION = "few"


@contextmanager
def code_server(port: int, home: Path, **variables: str) -> Iterator[psutil.Process]:
    """One that answers; it and all that it left are killed at the end."""
    command = [
        sys.executable, "-m", dagster_program.__name__, "dagster", "api", "grpc",
        "--host", "127.0.0.1", "--port", str(port), "--location-name", LOCATION,
        "-m", few_jobs.__name__,
    ]  # fmt: skip
    environment = {**os.environ, "DAGSTER_HOME": str(home), **variables}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            client = DagsterGrpcClient(port=port, host="127.0.0.1")
            eventually(lambda: answers(client))
            yield psutil.Process(process.pid)
        finally:
            if group(process.pid):
                os.killpg(process.pid, signal.SIGKILL)


def group(leader: int) -> list[psutil.Process]:
    """The processes of a code server's group, which outlive it where it is killed alone."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def answers(client: DagsterGrpcClient) -> bool:
    try:
        return client.ping("x") is not None
    except Exception:  # noqa: BLE001 - whatever it is, the server is not there yet
        return False


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.2)


@contextmanager
def instance_in(folder: Path) -> Iterator[dg.DagsterInstance]:
    settings = {name: SETTINGS[name] for name in ("run_launcher", "run_monitoring", "telemetry")}
    with dg.DagsterInstance.local_temp(str(folder), overrides=settings) as made:
        yield made


@contextmanager
def workspace(instance: dg.DagsterInstance, port: int) -> Iterator[WorkspaceProcessContext]:
    target = GrpcServerTarget(host="127.0.0.1", port=port, location_name=LOCATION, socket=None)
    with WorkspaceProcessContext(instance, target) as context:
        yield context


def launch(
    instance: dg.DagsterInstance, port: int, name: str, config: dict[str, Any] | None = None
) -> str:
    """Start a run of the job; returns its id."""
    with workspace(instance, port) as context:
        request = context.create_request_context()
        job = (
            request.get_code_location(LOCATION).get_repository("__repository__").get_full_job(name)
        )
        run = create_run_for_test(
            instance,
            job_name=name,
            run_config=config,
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
        )
        instance.launch_run(run.run_id, request)
    return str(run.run_id)


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status
