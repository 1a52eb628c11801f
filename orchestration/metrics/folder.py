"""The files in which processes count; those of processes that are gone become one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

GONE = 0
"""The process id under which the counts of all that are gone are kept: a total must not fall."""


def tidy(folder: Path) -> None:
    """Add what processes that are gone have counted to one file, and forget what they held.

    Killed in between, the counts of one process may be lost: Prometheus takes that for a restart.
    """
    for pid in {pid for _, pid in _files(folder)}:
        if pid != GONE and not psutil.pid_exists(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
            for file, owner in _files(folder):
                if owner == pid:
                    _add(file, folder)


def _files(folder: Path) -> Iterator[tuple[Path, int]]:
    for file in sorted(folder.glob("*.db")):
        kind, _, pid = file.stem.rpartition("_")
        if kind and pid.isdecimal():
            yield file, int(pid)


def _add(file: Path, folder: Path) -> None:
    # Out of the way first: counted twice would be worse than not at all.
    aside = file.rename(file.with_suffix(".gone"))
    counts: Any = MmapedDict  # without types
    total = counts(str(folder / f"{file.stem.rpartition('_')[0]}_{GONE}.db"))
    try:
        for key, value, *_ in counts.read_all_values_from_file(str(aside)):
            total.write_value(key, total.read_value(key)[0] + value, 0)
    finally:
        total.close()
    aside.unlink()
