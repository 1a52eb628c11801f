"""Dagster's programs, as a module that the supervisor can fork (`forking.py`).

Run as `python -m orchestration.local.dagster_program PROGRAM WORDS`. The runs of a code server are
forked too: of a server for it (`multiprocessing.forkserver`), which has loaded what runs import.
"""

import gc
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing import forkserver, get_context, resource_tracker, util
from pathlib import Path
from typing import Any, Final, NoReturn

from orchestration.local.forking import end_with

PROGRAMS: Final[Mapping[str, str]] = {
    "dagster": "dagster._cli",
    "dagster-daemon": "dagster._daemon.cli",
    "dagster-webserver": "dagster_webserver.cli",
}
"""The module of each program's `main`."""


def main(words: Sequence[str]) -> None:
    """Be the program; of `dagster` that is a code server, with `-m` and the module of its jobs."""
    # Dagster's programs read their words from here.
    sys.argv = list(words)
    if words[0] == "dagster":
        _fork_runs(words[words.index("-m") + 1])
    import_module(PROGRAMS[words[0]]).main()


def _fork_runs(definitions: str) -> None:
    """Start the server that forks, which knows this module, and let Dagster's ask it for runs.

    A forked process has this one's memory and none of its threads, so it is forked before there
    are any.
    """
    from dagster._grpc import server

    class ForkingServer(server.DagsterApiServer):
        def __init__(self, *arguments: Any, **more: Any) -> None:
            super().__init__(*arguments, **more)
            self._mp_ctx = get_context("forkserver")  # type: ignore[assignment]

    server.DagsterApiServer = ForkingServer  # type: ignore[misc]
    import_module(definitions)
    # What is there now stays: it is not looked through again, and so not copied by a fork.
    gc.collect()
    gc.freeze()
    # If it dies, another one is executed and loads this by itself.
    forkserver.set_forkserver_preload([definitions])
    resource_tracker.ensure_running()
    executing = util.spawnv_passfds
    util.spawnv_passfds = partial(_fork, executing)
    try:
        forkserver.ensure_running()
    finally:
        util.spawnv_passfds = executing


def _fork(executing: Any, _: bytes, arguments: Sequence[str], files: Sequence[int]) -> int:
    """Fork what would be executed: a Python that is told with `-c` what to do."""
    child = os.fork()
    if child == 0:
        util.spawnv_passfds = executing
        end_with(partial(_serve, arguments[-1], files))
    return child


def _serve(command: str, files: Sequence[int]) -> NoReturn:
    for file in {int(path.name) for path in Path("/dev/fd").iterdir()} - {0, 1, 2, *files}:
        with suppress(OSError):
            os.close(file)
    # Held by who forked; a run may ask for processes of its own.
    vars(forkserver)["_forkserver"]._lock = threading.Lock()  # noqa: SLF001
    exec(command, {})  # noqa: S102 - the standard library's own words
    sys.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
