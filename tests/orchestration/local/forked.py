"""A process that the supervisor forks: what `tiny.py` does, as a module with a `main`."""

import sys
from collections.abc import Sequence

from tests.orchestration.local import tiny


def main(arguments: Sequence[str]) -> None:
    getattr(tiny, arguments[0])(*arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
