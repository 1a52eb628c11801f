"""A run that was killed with its code server is over, and its schedule may go on."""

import logging
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration

from orchestration.local.ports import free_port
from tests.orchestration.local.code_servers import (
    code_server,
    eventually,
    instance_in,
    launch,
    status,
    workspace,
)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_in(tmp_path) as made:
        yield made


def watch(instance: dg.DagsterInstance, port: int) -> None:
    """One look of Dagster's run monitoring."""
    with workspace(instance, port) as context:
        list(execute_run_monitoring_iteration(context, logging.getLogger("monitor")))


# Dagster warns of a code server that does not answer.
@pytest.mark.filterwarnings("ignore:Error loading repository location")
def test_a_run_that_died_with_its_code_server_is_failed_once_the_server_is_back(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    port = free_port()
    with code_server(port, tmp_path):
        run_id = launch(instance, port, "slow_job")
        eventually(lambda: status(instance, run_id) == dg.DagsterRunStatus.STARTED)
        watch(instance, port)
        assert status(instance, run_id) == dg.DagsterRunStatus.STARTED, "it lives and is let be"
    watch(instance, port)
    assert status(instance, run_id) == dg.DagsterRunStatus.STARTED, "nobody can tell yet"
    with code_server(port, tmp_path):
        watch(instance, port)
    assert status(instance, run_id) == dg.DagsterRunStatus.FAILURE
