"""Becomes a process of the platform: reads its private launch file and executes its command.

Run by the supervisor as `python -m orchestration.local.launch DATA_FOLDER NAME`, so that no
secret stands in the supervisor's configuration or in a command line, and so that the process
sees no variable but its own. Where the supervisor has loaded the code, it is forked instead
(`forking.py`).
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, NotRequired, TypedDict

PATIENCE_SECONDS = 5


class Launch(TypedDict):
    """The launch file's content."""

    arguments: list[str]
    environment: dict[str, str]
    directory: str
    ports: list[int]
    user: tuple[int, int] | None
    """User and group id to change to."""
    niceness: NotRequired[int]


def launch_file(var: Path, name: str) -> Path:
    """Where the launch file of a process is; its folder is private."""
    return var / "secrets" / "launch" / f"{name}.json"


def main(var: str, name: str, become: Callable[[Launch], NoReturn]) -> NoReturn:
    """Replace this process; exits with one line on standard error when it cannot."""
    try:
        launch: Launch = json.loads(launch_file(Path(var), name).read_text())
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}. Start the platform with `squad up`.")
    for port in launch["ports"]:
        _clear(port, launch["environment"])
    # A launch file that an older version wrote says nothing of it.
    os.nice(launch.get("niceness", 0))
    become(launch)


def execute(launch: Launch) -> NoReturn:
    """Replace the program of this process."""
    environment, arguments = launch["environment"], launch["arguments"]
    program = shutil.which(arguments[0], path=environment["PATH"])
    if program is None:
        sys.exit(f"There is no program {arguments[0]} in {environment['PATH']}.")
    if launch["user"] is not None:
        user, group = launch["user"]
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    os.chdir(launch["directory"])
    # Of a platform that was started in a shell's background SIGINT would be ignored, and of
    # Dagster's runs SIGTERM with it: they wait for ever for what they told to end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(program, arguments, environment)  # noqa: S606 - exactly this program, no shell


def _clear(port: int, environment: dict[str, str]) -> None:
    """End a child that a killed predecessor of this process left on the port.

    Anybody else on the port is named, and this process ends.
    """
    # Imported here: needed after a crash alone, and every process passes through this module.
    from orchestration.local.marks import end, is_marked
    from orchestration.local.ports import describe_holder, holder, is_free

    if is_free(port):
        return
    process = holder(port)
    if process is None or not is_marked(process, environment):
        sys.exit(f"Port {port} is in use by {describe_holder(port)}: stop it.")
    end([process], PATIENCE_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], execute)
