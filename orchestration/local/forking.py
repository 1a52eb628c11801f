"""The supervisor, which has loaded what APIs, relays and Dagster import, and forks them.

Run as `python -m orchestration.local.forking -c CONFIG`. A process whose code is loaded is there at
once, instead of after seconds of importing when the machine is busy, and shares that memory with
the others. In everything else it is as any process of supervisord: its child, with a log, signals
and an exit status of its own, and no variables but its own.
"""

import configparser
import gc
import os
import signal
import sys
import time
import traceback
from array import array
from collections.abc import Callable, Collection, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from setproctitle import setproctitle
from supervisor import supervisord
from supervisor.options import ServerOptions

from orchestration.local import launch
from orchestration.local.environment import PROCESS_MARK
from orchestration.local.launch import Launch
from orchestration.local.marks import title

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = {".py", ".sql", ".css", ".html", ".txt", ".toml", ".csv"}
"""Of our own files, those that a module may read while it is imported."""
ABSENT: Final = (0, 0, 0)
"""What is seen of a path where there is no file."""


class Loaded:
    """Modules that are loaded, and what their files were then."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = frozenset(modules)
        began = time.time_ns()
        try:
            for name in modules:
                import_module(name)
        except Exception:  # noqa: BLE001 - whatever it is, one process fails by it, and not all
            traceback.print_exc()
            # None at all: what is loaded in part would hide the error from whose it is.
            self.modules = frozenset()
        # What is there now stays: it is not looked through again, and so not copied by a fork.
        gc.collect()
        gc.freeze()
        # One string and one array: a child that looks through them copies no pages of thousands
        # of objects, of each of which it would note that it is in use.
        self._paths = "\0".join(_files(self.modules))
        self._seen = _seen(self._paths)
        # What was written meanwhile may have been read before: it is not what is loaded.
        self._sure = all(written < began for written in self._seen[:: len(ABSENT)])

    def is_current(self) -> bool:
        """Whether a process that imports anew would get the same code."""
        return self._sure and _seen(self._paths) == self._seen


def _files(modules: Collection[str]) -> set[str]:
    """All code that is loaded, and whatever else lies in our own packages."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    folders = {Path(ROOT, name.partition(".")[0]) for name in modules}
    ours = {str(path) for folder in folders for path in folder.rglob("*") if path.suffix in TEXT}
    return {file for file in files if file} | ours


def _seen(paths: str) -> "array[int]":
    """Of each path when it was written, which file it is, and its size."""
    found = array("Q")
    for path in paths.split("\0"):
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path keeps the parts it is made of
        except OSError:
            found.extend(ABSENT)
        else:
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            # The array knows nothing below zero, and times before 1970 are.
            found.extend(number % 2**64 for number in seen)
    return found


class ForkingOptions(ServerOptions):  # type: ignore[misc]  # supervisor has no types
    """supervisord, but that some of its children execute no program: they have theirs already."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self._loaded = loaded

    def execve(self, filename: str, argv: Sequence[str], env: dict[str, str]) -> None:
        """In a child, which has its files and its process group. Does not return."""
        match argv:
            case [_, "-m", launch.__name__, var, name] if self._loaded.is_current():
                _end_with(partial(launch.main, var, name, become=self._become))
        super().execve(filename, argv, env)

    def _become(self, found: Launch) -> NoReturn:
        loaded = self._loaded.modules if found["user"] is None else ()
        match found["arguments"]:
            case ["python", "-m", module, *words] if module in loaded:
                _run(found, module, words)
        launch.execute(found)


def _run(found: Launch, module: str, words: list[str]) -> NoReturn:
    # First: it looks for its place beside the variables as they are at the start.
    setproctitle(title(found["environment"][PROCESS_MARK], found["arguments"]))
    os.environ.clear()
    os.environ.update(found["environment"])
    os.chdir(found["directory"])
    sys.argv = [module, *words]
    # What it starts by multiprocessing imports this, and shall not import a supervisor.
    sys.modules["__main__"] = import_module(module)
    sys.modules["__main__"].main(words)
    sys.exit()


def _end_with(program: Callable[[], NoReturn]) -> NoReturn:
    """Do as the interpreter does around a program, and end as it does, whatever happens.

    Nothing may come back from here: it would go on as a second supervisor.
    """
    status = 1
    try:
        for number in signal.valid_signals():
            # As of a program that is executed: who had a handler has none.
            if callable(signal.getsignal(number)):
                signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        # The supervisor's own have nothing to do with these files any more.
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - as long as it lives
        sys.stderr = open(2, "w", buffering=1, closefd=False, errors="backslashreplace")  # noqa: SIM115
        program()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - nobody is above
        traceback.print_exc()
    finally:
        # Not `sys.exit`: what supervisord would do at its end is not for a child to do.
        os._exit(status)


def main(arguments: Sequence[str]) -> None:
    """Load, then be supervisord."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    config.read(arguments[arguments.index("-c") + 1])
    loaded = Loaded(config.get("squad", "loads", fallback="").split())
    supervisord.ServerOptions = partial(ForkingOptions, loaded)
    supervisord.main(list(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
