"""Dagster's programs, as a module that the supervisor can fork (`forking.py`).

Run as `python -m orchestration.local.dagster_program PROGRAM WORDS`.
"""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

PROGRAMS: Final[Mapping[str, str]] = {
    "dagster": "dagster._cli",
    "dagster-daemon": "dagster._daemon.cli",
    "dagster-webserver": "dagster_webserver.cli",
}
"""The module of each program's `main`, which reads its words where programs do."""


def main(words: Sequence[str]) -> None:
    """Be the program."""
    sys.argv = list(words)
    import_module(PROGRAMS[words[0]]).main()


if __name__ == "__main__":
    main(sys.argv[1:])
