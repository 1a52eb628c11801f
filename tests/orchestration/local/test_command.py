"""The command line as a person or a program uses it: in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestration.local import marks
from orchestration.local.instance import PROJECT_ROOT, Instance
from tests.orchestration.local.platforms import WEB, WEB_PORT, Platforms, get, heart
from tests.orchestration.local.test_healing import eventually

SQUAD = (sys.executable, "-m", "tests.orchestration.local.squad")
REAL_SQUAD = (sys.executable, "-m", "orchestration.local.cli")


def environment(instance: Instance) -> Mapping[str, str]:
    return {
        **os.environ,
        "SQUAD_VAR": str(instance.var),
        "SQUAD_PORT_OFFSET": str(instance.port_offset),
        "SQUAD_PASSWORD_OF_THE_SHELL": "hunter2",
    }


def run(
    instance: Instance, *words: str, command: tuple[str, ...] = SQUAD, answer: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *words],
        check=False,
        capture_output=True,
        text=True,
        input=answer,
        cwd=PROJECT_ROOT,
        env=environment(instance),
        timeout=60,
    )


@pytest.fixture
def instance(platforms: Platforms) -> Instance:
    """A platform of its own for the commands, stopped after the test."""
    return platforms.new(WEB, heart()).instance


def test_up_shows_a_table_and_status_prints_one_object(instance: Instance) -> None:
    up = run(instance, "up")
    assert (up.returncode, up.stdout) == (0, "")
    assert "healthy" in up.stderr

    status = run(instance, "status", "--json")
    told = json.loads(status.stdout)

    assert status.returncode == 0
    assert told["ok"] is True
    assert [one["name"] for one in told["processes"] if one["healthy"]] == ["web", "heart"]
    assert told["processes"][0]["rss_bytes"] < told["memory"]["rss_bytes"]
    assert "running already" in run(instance, "up").stderr


def test_later_commands_use_the_ports_that_the_platform_was_started_with(
    instance: Instance,
) -> None:
    run(instance, "up")

    status = run(Instance(instance.var, 0), "status", "--json")

    assert json.loads(status.stdout)["port_offset"] == instance.port_offset
    assert status.returncode == 0


def test_status_of_a_platform_that_is_down_is_not_ok(instance: Instance) -> None:
    status = run(instance, "status", "--json")

    assert status.returncode == 1
    assert json.loads(status.stdout)["ok"] is False
    assert "squad up" in run(instance, "status").stderr


def test_the_whole_platform_is_listed_when_nothing_runs(instance: Instance) -> None:
    status = run(instance, "status", "--json", command=REAL_SQUAD)

    names = [one["name"] for one in json.loads(status.stdout)["processes"]]
    assert "postgres" in names
    assert "relay-customer-sysops" in names


def test_a_process_sees_no_variable_of_the_shell_but_a_few_common_ones(
    platforms: Platforms, instance: Instance
) -> None:
    run(instance, "up")

    seen = get(platforms.again(instance, WEB), "/environment")

    assert "hunter2" not in seen
    assert "SUPERVISOR" not in seen
    assert f"SQUAD_VAR={instance.var}" in seen.splitlines()


def test_an_error_is_one_line_and_status_1(instance: Instance) -> None:
    done = run(instance, "restart", "web")

    assert done.returncode == 1
    assert done.stderr == f"squad: The platform in {instance.var} is not running: `squad up`.\n"


def test_an_offset_that_is_no_number_is_refused(instance: Instance) -> None:
    done = subprocess.run(
        [*SQUAD, "status"],
        check=False,
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        env={**environment(instance), "SQUAD_PORT_OFFSET": "many"},
    )

    assert done.returncode == 1
    assert "SQUAD_PORT_OFFSET is 'many': set it to a whole number" in done.stderr


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_in_the_foreground_stops_everything(
    platforms: Platforms, instance: Instance, tmp_path: Path, sig: int
) -> None:
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(
            [*SQUAD, "up", "--foreground"],
            stdout=file,
            stderr=file,
            cwd=PROJECT_ROOT,
            env=environment(instance),
        ) as process,
    ):
        try:
            eventually(lambda: "Ctrl-C stops" in output.read_text())
            assert platforms.again(instance, WEB, heart()).is_well()
        finally:
            process.send_signal(sig)
        assert process.wait(30) == 0

    assert marks.marked_processes(instance.var) == []


def test_the_foreground_form_ends_when_its_supervisor_is_gone(
    instance: Instance, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(
            [*SQUAD, "up", "--foreground"],
            stderr=file,
            cwd=PROJECT_ROOT,
            env=environment(instance),
        ) as process,
    ):
        try:
            eventually(lambda: "Ctrl-C stops" in output.read_text())
            os.kill(int((instance.run / "supervisor.pid").read_text()), signal.SIGKILL)
            assert process.wait(30) == 1
        finally:
            process.terminate()

    assert output.read_text().endswith("`squad status` tells what is left.\n")


def start_for_ever(instance: Instance) -> subprocess.Popen[str]:
    """`squad up` of a platform whose second process is never ready; returns when both run."""
    code = (
        "from orchestration.local.cli import main\n"
        "from tests.orchestration.local.platforms import *\n"
        "slow = tiny('slow', port=OTHER_PORT, probe=Tcp(9))\n"
        "main(['up'], obj=Blueprint((WEB, slow)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
        env=environment(instance),
    )
    try:
        eventually(lambda: len(marks.marked_processes(instance.var)) == 3)
    except BaseException:
        process.terminate()
        raise
    return process


def test_an_interrupted_up_leaves_nothing_behind(instance: Instance) -> None:
    with start_for_ever(instance) as process:
        process.terminate()
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "Interrupted; what was started is stopped again." in errors
    assert marks.marked_processes(instance.var) == []


def test_an_up_that_loses_its_supervisor_leaves_nothing_behind(instance: Instance) -> None:
    with start_for_ever(instance) as process:
        os.kill(int((instance.run / "supervisor.pid").read_text()), signal.SIGKILL)
        _, errors = process.communicate(timeout=30)

    assert process.returncode == 1
    assert errors.endswith("squad: The supervisor has ended.\n")
    assert marks.marked_processes(instance.var) == []


def test_logs_shows_one_process_or_all_with_their_names(instance: Instance) -> None:
    run(instance, "up")
    (instance.log / "web.log").write_text("one\ntwo\nthree\n")

    assert run(instance, "logs", "web", "--no-follow", "--lines", "2").stdout == "two\nthree\n"
    assert "web | three" in run(instance, "logs", "--no-follow").stdout
    assert "There is no log 'wbe'" in run(instance, "logs", "wbe").stderr


def test_logs_follows_across_rotation(instance: Instance) -> None:
    run(instance, "up")
    log = instance.log / "web.log"
    log.write_text("before\n")
    with subprocess.Popen(
        [*SQUAD, "logs", "web"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
        env=environment(instance),
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "before\n"
            log.rename(log.with_suffix(".log.1"))
            log.write_text("after\n")
            assert process.stdout.readline() == "after\n"
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_reset_asks_and_then_removes_the_folder(instance: Instance) -> None:
    run(instance, "up")

    refused = run(instance, "reset", answer="n\n")
    assert refused.returncode == 1
    assert instance.var.exists()

    assert run(instance, "reset", answer="y\n").returncode == 0
    assert not instance.var.exists()
    assert marks.marked_processes(instance.var) == []


def test_two_commands_at_once_do_not_meddle(instance: Instance) -> None:
    both = [
        subprocess.Popen(
            [*SQUAD, "up"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT_ROOT,
            env=environment(instance),
        )
        for _ in range(2)
    ]
    results = [(one.communicate(timeout=60)[1], one.returncode) for one in both]

    assert 0 in [code for _, code in results]
    for errors, code in results:
        assert code == 0 or "is changing this platform: wait for it" in errors
    assert run(instance, "status").returncode == 0


def test_web_port_is_the_moved_one(platforms: Platforms, instance: Instance) -> None:
    run(instance, "up")

    [web, _] = json.loads(run(instance, "status", "--json").stdout)["processes"]

    assert web["ports"] == [WEB_PORT + instance.port_offset]
