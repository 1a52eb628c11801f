"""Processes that the supervisor forks instead of executing a program: as any other, but sooner."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from orchestration.local import marks, processes
from orchestration.local.blueprint import Process
from orchestration.local.errors import LocalError
from tests.orchestration.local import forked
from tests.orchestration.local.platforms import OTHER, WEB_PORT, Platforms, get, pids, tiny
from tests.orchestration.local.test_healing import eventually, kill_supervisor

MODULE = forked.__name__


def quick(*words: str, module: str = MODULE, **more: object) -> Process:
    """A process that is forked, of `tiny.py`'s programs."""
    made = tiny("web", port=WEB_PORT, loads=(module,), **more)  # type: ignore[arg-type]
    command = ("python", "-m", module, *(words or ("serve", "{port}")))
    return replace(made, command=command)


def process(pid: int | None) -> psutil.Process:
    assert pid is not None
    return psutil.Process(pid)


def test_a_forked_process_has_its_own_variables_and_is_called_by_its_name(
    platforms: Platforms,
) -> None:
    runner = platforms.new(quick(environment=lambda _: {"SQUAD_COLOUR": "green"}, niceness=3))
    runner.up()

    told = dict(line.split("=", 1) for line in get(runner, "/environment").splitlines())
    assert told["SQUAD_COLOUR"] == "green"
    assert told["SQUAD_PROCESS"] == "web"
    assert not [name for name in told if name.startswith(("SUPERVISOR", "SPT_"))]
    own = process(pids(runner)["web"])
    port = runner.instance.port(WEB_PORT)
    assert " ".join(own.cmdline()).startswith(f"web: python -m {MODULE} serve {port}")
    assert own.cwd() == str(runner.instance.root)
    assert own.ppid() == runner.supervisor.pid()
    assert own.nice() == psutil.Process().nice() + 3


def test_it_starts_again_and_ends_like_any_other(platforms: Platforms) -> None:
    runner = platforms.new(quick())
    runner.up()
    first = pids(runner)["web"]

    process(first).kill()
    eventually(lambda: pids(runner)["web"] not in {None, first})
    eventually(runner.is_well)

    last = process(pids(runner)["web"])
    last.send_signal(signal.SIGTERM)
    eventually(lambda: pids(runner)["web"] not in {None, last.pid})
    assert runner.down()
    assert marks.marked_processes(runner.instance.var) == []


def test_its_last_words_are_in_its_log(platforms: Platforms) -> None:
    runner = platforms.new(quick("die", "The tiny disk is full."))

    with pytest.raises(LocalError, match="Not started: web"):
        runner.up()

    assert "The tiny disk is full.\n" in (runner.instance.log / "web.log").read_text()
    log = (runner.instance.log / "supervisor.log").read_text()
    assert "exited: web (exit status 1; not expected)" in log


def test_an_error_is_in_its_log_with_its_trace(platforms: Platforms) -> None:
    runner = platforms.new(quick("no_such_program"))

    with pytest.raises(LocalError, match="Not started: web"):
        runner.up()

    assert "AttributeError: module" in (runner.instance.log / "web.log").read_text()


def test_nothing_of_a_child_goes_on_when_even_its_last_words_fail() -> None:
    """The pipe to a supervisor that was killed is broken; who came back would be a second one."""
    script = "import os; from orchestration.local import forking; "
    script += "reads, writes = os.pipe(); os.close(reads); os.dup2(writes, 2); "
    script += "forking._end_with(lambda: exit('full')); print('went on')"
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, stdout=subprocess.PIPE, text=True
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_a_module_that_cannot_be_loaded_is_told_by_its_own_process_alone(
    platforms: Platforms, copied: tuple[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    module, file = copied
    file.write_text("raise RuntimeError('The tiny code is wrong.')\n")
    broken = quick(module=module)
    runner = platforms.new(OTHER, broken)

    with pytest.raises(LocalError, match="Not started: web"):
        runner.up()

    assert "The tiny code is wrong." in (runner.instance.log / "web.log").read_text()
    assert "other is ready; waiting for web" in capsys.readouterr().err


def test_it_is_found_by_its_name_when_the_supervisor_was_killed(platforms: Platforms) -> None:
    runner = platforms.new(quick())
    runner.up()
    orphan = pids(runner)["web"]

    kill_supervisor(runner)

    (found,) = marks.marked_processes(runner.instance.var)
    assert (found.pid, marks.process_name(found)) == (orphan, "web")
    assert runner.up()
    assert pids(runner)["web"] != orphan
    assert runner.is_well()


@pytest.fixture
def copied() -> Iterator[tuple[str, Path]]:
    """A module of this project that may be changed, and its file."""
    file = Path(forked.__file__).with_name(f"forked_{os.getpid()}.py")
    shutil.copy(forked.__file__, file)
    yield f"{MODULE}_{os.getpid()}", file
    file.unlink()


def test_code_that_changed_is_loaded_anew(platforms: Platforms, copied: tuple[str, Path]) -> None:
    module, file = copied
    runner = platforms.new(quick(module=module))
    runner.up()
    assert "COLOUR" not in get(runner, "/environment")

    first = "    tiny.os.environ['COLOUR'] = 'red'\n"
    file.write_text(file.read_text().replace("    getattr", f"{first}    getattr"))
    runner.restart("web")

    assert "COLOUR=red" in get(runner, "/environment")
    # A program that was executed, and so bears its own variables.
    assert process(pids(runner)["web"]).environ()["SQUAD_PROCESS"] == "web"


def test_what_is_loaded_starts_no_thread_opens_no_file_and_counts_nothing(tmp_path: Path) -> None:
    """A thread would not be there after the fork, and the number of a file would be another's."""
    loads = sorted({name for one in processes.SERVICES for name in one.loads})
    script = "import os; from orchestration.local.forking import Loaded; "
    script += "files = os.listdir('/proc/self/fd'); "
    script += f"made = Loaded({loads}); assert made.is_current(); "
    script += "assert os.listdir('/proc/self/fd') == files; "
    script += "print(len(os.listdir('/proc/self/task'))); os._exit(0)"
    done = subprocess.run(
        [sys.executable, "-uc", script],
        check=True, capture_output=True, text=True,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == "1\n"
    assert list(tmp_path.iterdir()) == []
