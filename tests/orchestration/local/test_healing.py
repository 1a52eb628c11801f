"""Killed processes: what heals by itself, and what the next command mends."""

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest

from orchestration.local import marks
from orchestration.local.databases import embedded_server
from orchestration.local.errors import LocalError
from orchestration.local.ports import holder
from orchestration.local.processes import POSTGRES
from orchestration.local.runner import Runner
from orchestration.local.view import state
from tests.orchestration.local.platforms import WEB, WEB_PORT, Platforms, get, heart, pids, tiny


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


def kill(runner: Runner, name: str) -> None:
    """Kill a process as it is, and wait until the runner has noticed."""
    pid = pids(runner)[name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: pids(runner)[name] != pid)


def kill_supervisor(runner: Runner) -> None:
    pid = runner.supervisor.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not marks.is_running(pid))


@pytest.mark.parametrize("name", ["postgres", "web", "heart"])
def test_a_killed_process_is_started_again(platforms: Platforms, name: str) -> None:
    runner = platforms.new(POSTGRES, WEB, heart())
    runner.up()

    kill(runner, name)

    eventually(runner.is_well)


def test_a_child_that_a_killed_process_left_on_its_port_gives_way(platforms: Platforms) -> None:
    runner = platforms.new(tiny("parent", "parent", "{port}", port=WEB_PORT))
    runner.up()
    child = holder(runner.instance.port(WEB_PORT))
    assert child is not None

    kill(runner, "parent")

    eventually(runner.is_well)
    eventually(lambda: not marks.is_running(child.pid))


def test_status_tells_of_a_killed_supervisor(platforms: Platforms) -> None:
    runner = platforms.new(WEB)
    runner.up()

    kill_supervisor(runner)

    told = state(runner)
    assert told["ok"] is False
    assert "1 process(es) run without it" in told["supervisor"]["why"]
    assert get(runner) == "well"


def test_up_replaces_what_a_killed_supervisor_left(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, WEB)
    runner.up()
    orphans = pids(runner)

    kill_supervisor(runner)
    assert runner.up()

    assert runner.is_well()
    assert not set(pids(runner).values()) & set(orphans.values())
    # The server was asked to stop, not killed.
    log = (runner.instance.log / "postgres.log").read_text()
    assert "not properly shut down" not in log


def test_down_ends_what_a_killed_supervisor_left(platforms: Platforms) -> None:
    runner = platforms.new(POSTGRES, WEB)
    runner.up()

    kill_supervisor(runner)
    assert runner.down()

    assert marks.marked_processes(runner.instance.var) == []
    assert embedded_server(runner.instance).pid is None


def test_restart_gives_a_process_its_new_environment(platforms: Platforms) -> None:
    runner = platforms.new(WEB)
    runner.up()
    before = pids(runner)["web"]
    changed = tiny("web", port=WEB_PORT, environment=lambda _: {"SQUAD_COLOUR": "green"})

    platforms.again(runner.instance, changed).restart("web")

    assert pids(runner)["web"] != before
    assert "SQUAD_COLOUR=green" in get(runner, "/environment")


def test_restart_refuses_an_unknown_name_and_says_the_known_ones(platforms: Platforms) -> None:
    runner = platforms.new(WEB, heart())

    with pytest.raises(LocalError, match=r"no process 'wbe'\. There are: web, heart\."):
        runner.restart("wbe")


def test_a_sick_process_is_told_with_its_own_words(platforms: Platforms) -> None:
    sick = platforms.new().instance.var.parent / "sick"
    runner = platforms.new(
        tiny("web", port=WEB_PORT, environment=lambda _: {"TINY_SICK": str(sick)})
    )
    runner.up()
    assert state(runner)["ok"]

    sick.touch()

    [part] = state(runner)["processes"]
    assert not part["healthy"]
    assert "The tiny database does not answer." in part["why"]
    assert psutil.pid_exists(part["pid"])


def test_a_heart_that_stops_beating_is_told(platforms: Platforms) -> None:
    runner = platforms.new(heart())
    runner.up()
    pid = pids(runner)["heart"]
    assert pid is not None
    path = runner.instance.heartbeat("heart")

    os.kill(pid, signal.SIGSTOP)
    old = time.time() - 60
    os.utime(path, (old, old))

    [part] = runner.health()
    assert part.why == "no heartbeat since it started"
    os.kill(pid, signal.SIGCONT)
    eventually(runner.is_well)
