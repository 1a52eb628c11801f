"""The supervisor, which has loaded what APIs and relays import, and forks them.

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
import traceback
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

from setproctitle import setproctitle
from supervisor import supervisord
from supervisor.options import ServerOptions

from orchestration.local import launch
from orchestration.local.environment import PROCESS_MARK
from orchestration.local.launch import Launch
from orchestration.local.marks import title

HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD,
                  signal.SIGUSR2)  # fmt: skip
"""Signals for which supervisord has handlers, which a program that is executed would not keep."""


class Loaded:
    """Modules that are loaded, and what their files were then."""

    def __init__(self, modules: Sequence[str]) -> None:
        self.modules = frozenset(modules)
        for name in modules:
            import_module(name)
        # What is there now stays: it is not looked through again, and so not copied by a fork.
        gc.collect()
        gc.freeze()
        files = {getattr(module, "__file__", None) for module in sys.modules.values()}
        self._seen = {file: _age(file) for file in files if file}

    def is_current(self) -> bool:
        """Whether a process that imports anew would get the same code."""
        return all(_age(path) == age for path, age in self._seen.items())

    def main_of(self, arguments: Sequence[str]) -> str | None:
        """The loaded module that a command runs."""
        match arguments:
            case ["python", "-m", module, *_] if module in self.modules and self.is_current():
                return module
        return None


def _age(path: str) -> int | None:
    with suppress(OSError):
        return Path(path).stat().st_mtime_ns
    return None


class ForkingOptions(ServerOptions):  # type: ignore[misc]  # supervisor has no types
    """supervisord, but that some of its children execute no program: they have theirs already."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self._loaded = loaded

    def execve(self, filename: str, argv: Sequence[str], env: dict[str, str]) -> None:
        """In a child, which has its files and its process group. Does not return."""
        match argv:
            case [_, "-m", launch.__name__, var, name] if self._loaded.modules:
                _end_with(partial(launch.main, var, name, become=self._become))
        super().execve(filename, argv, env)

    def _become(self, found: Launch) -> NoReturn:
        module = self._loaded.main_of(found["arguments"])
        if module is None:
            launch.execute(found)
        # First: it looks for its place beside the variables as they are at the start.
        setproctitle(title(found["environment"][PROCESS_MARK], found["arguments"]))
        os.environ.clear()
        os.environ.update(found["environment"])
        os.chdir(found["directory"])
        sys.argv = found["arguments"][2:]
        import_module(module).main(found["arguments"][3:])
        sys.exit()


def _end_with(main: Any) -> NoReturn:
    """Do as the interpreter does around a program, and end as it does."""
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # The supervisor's own have nothing to do with these files any more.
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - as long as the process
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    status = 1
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001 - nobody is above
        traceback.print_exc()
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
