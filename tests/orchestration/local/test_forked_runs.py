"""Runs of a code server are forked: they begin at once, and are else as any run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest

from orchestration.local.ports import free_port
from tests.orchestration.local.code_servers import (
    code_server,
    eventually,
    group,
    instance_in,
    launch,
    status,
)

SUCCESS = dg.DagsterRunStatus.SUCCESS


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with instance_in(tmp_path) as made:
        yield made


def told(instance: dg.DagsterInstance, port: int, file: Path) -> dict[str, Any]:
    """What a run says of its process."""
    run_id = launch(instance, port, "telling_job", {"ops": {"tell": {"config": str(file)}}})
    eventually(lambda: status(instance, run_id) == SUCCESS)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def fork_server(server: psutil.Process) -> psutil.Process:
    """The child that runs the same words; the other one tracks semaphores."""
    [found] = [one for one in server.children() if one.cmdline() == server.cmdline()]
    return found


def test_a_run_is_forked_and_has_its_code_servers_variables(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    port = free_port()
    with code_server(port, tmp_path, SQUAD_COLOUR="green") as server:
        run = told(instance, port, tmp_path / "told")
        forks = fork_server(server)

    assert run["parents"][:2] == [forks.pid, server.pid]
    assert run["variable"] == "green"


def test_runs_go_on_when_who_forks_them_was_killed(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    port = free_port()
    with code_server(port, tmp_path) as server:
        told(instance, port, tmp_path / "first")
        fork_server(server).kill()

        run = told(instance, port, tmp_path / "second")

    assert run["parents"][1] == server.pid


def test_a_run_is_cancelled_like_any_other(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    port = free_port()
    with code_server(port, tmp_path):
        run_id = launch(instance, port, "slow_job")
        eventually(lambda: status(instance, run_id) == dg.DagsterRunStatus.STARTED)

        instance.run_launcher.terminate(run_id)

        eventually(lambda: status(instance, run_id) == dg.DagsterRunStatus.CANCELED)


@pytest.mark.parametrize("had_a_run", [True, False])
def test_nothing_is_left_of_a_code_server_that_ends(
    instance: dg.DagsterInstance, tmp_path: Path, *, had_a_run: bool
) -> None:
    port = free_port()
    with code_server(port, tmp_path) as server:
        if had_a_run:
            told(instance, port, tmp_path / "told")

        server.terminate()

        eventually(lambda: group(server.pid) == [])
