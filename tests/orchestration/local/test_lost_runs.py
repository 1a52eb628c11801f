"""A run that was killed with its code server is over, and its schedule may go on."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import GrpcServerTarget
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._grpc.client import DagsterGrpcClient

from orchestration.local.dagster_home import SETTINGS
from orchestration.local.ports import free_port

LOCATION = "slow"


@contextmanager
def code_server(port: int, home: Path) -> Iterator[None]:
    command = [
        sys.executable, "-m", "dagster", "api", "grpc", "--host", "127.0.0.1",
        "--port", str(port), "--location-name", LOCATION,
        "-m", "tests.orchestration.local.slow_job",
    ]  # fmt: skip
    environment = {**os.environ, "DAGSTER_HOME": str(home)}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            client = DagsterGrpcClient(port=port, host="127.0.0.1")
            eventually(lambda: answers(client))
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)


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


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    settings = {name: SETTINGS[name] for name in ("run_launcher", "run_monitoring", "telemetry")}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=settings) as made:
        yield made


def launch(instance: dg.DagsterInstance, port: int) -> str:
    target = GrpcServerTarget(host="127.0.0.1", port=port, location_name=LOCATION, socket=None)
    with WorkspaceProcessContext(instance, target) as context:
        workspace = context.create_request_context()
        job = (
            workspace.get_code_location(LOCATION)
            .get_repository("__repository__")
            .get_full_job("slow_job")
        )
        run = create_run_for_test(
            instance,
            job_name="slow_job",
            remote_job_origin=job.get_remote_origin(),
            job_code_origin=job.get_python_origin(),
        )
        instance.launch_run(run.run_id, workspace)
    return str(run.run_id)


def status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def watch(instance: dg.DagsterInstance, port: int) -> None:
    """One look of Dagster's run monitoring."""
    target = GrpcServerTarget(host="127.0.0.1", port=port, location_name=LOCATION, socket=None)
    with WorkspaceProcessContext(instance, target) as context:
        list(execute_run_monitoring_iteration(context, logging.getLogger("monitor")))


# Dagster warns of a code server that does not answer.
@pytest.mark.filterwarnings("ignore:Error loading repository location")
def test_a_run_that_died_with_its_code_server_is_failed_once_the_server_is_back(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    port = free_port()
    with code_server(port, tmp_path):
        run_id = launch(instance, port)
        eventually(lambda: status(instance, run_id) == dg.DagsterRunStatus.STARTED)
        watch(instance, port)
        assert status(instance, run_id) == dg.DagsterRunStatus.STARTED, "it lives and is let be"
    watch(instance, port)
    assert status(instance, run_id) == dg.DagsterRunStatus.STARTED, "nobody can tell yet"
    with code_server(port, tmp_path):
        watch(instance, port)
    assert status(instance, run_id) == dg.DagsterRunStatus.FAILURE
