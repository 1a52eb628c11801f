"""Memory of processes and their descendants, in bytes."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Memory:
    """`resident` counts shared pages once a process, `proportional` once in all.

    `proportional` is None where the system does not tell it.
    """

    resident: int = 0
    proportional: int | None = 0

    def __add__(self, other: "Memory") -> "Memory":
        if self.proportional is None or other.proportional is None:
            return Memory(self.resident + other.resident, None)
        return Memory(self.resident + other.resident, self.proportional + other.proportional)


def memory_of(pid: int | None, *, descendants: bool = True) -> Memory:
    """The process with its descendants; nothing for one that does not run."""
    if pid is None:
        return Memory()
    try:
        root = psutil.Process(pid)
        processes = [root, *(root.children(recursive=True) if descendants else [])]
    except psutil.NoSuchProcess:
        return Memory()
    return sum((_memory(process) for process in processes), Memory())


def _memory(process: psutil.Process) -> Memory:
    try:
        full = process.memory_full_info()
    except psutil.NoSuchProcess:
        return Memory()
    except psutil.AccessDenied:
        return Memory(0, None)
    return Memory(full.rss, getattr(full, "pss", None))
