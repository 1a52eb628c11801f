"""Reading the log files: their ends, and their growth."""

import os
from collections.abc import Collection
from pathlib import Path

TAIL_BYTES = 65_536


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a file, none when there is no such file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
            return lines[max(0, len(lines) - count) :]
    except FileNotFoundError:
        return []


class Follower:
    """Reads what is added to the log files of a folder, also across their rotation."""

    def __init__(self, folder: Path, names: Collection[str] | None, lines: int) -> None:
        """Follows the logs of these processes, or of all; begins with the last lines of each."""
        self._folder = folder
        self._names = names
        self._places: dict[Path, tuple[int, int]] = {}
        self._first = [
            (path.stem, line)
            for path in self._files()
            for line in last_lines(self._remember(path), lines)
        ]

    def _files(self) -> list[Path]:
        files = sorted(self._folder.glob("*.log"))
        return [file for file in files if self._names is None or file.stem in self._names]

    def _remember(self, path: Path) -> Path:
        status = path.stat()
        self._places[path] = (status.st_ino, status.st_size)
        return path

    def new_lines(self) -> list[tuple[str, str]]:
        """(process, line) for each line added since the last call, in the order of the files."""
        first, self._first = self._first, []
        return first + [(path.stem, line) for path in self._files() for line in self._read(path)]

    def _read(self, path: Path) -> list[str]:
        inode, place = self._places.get(path, (0, 0))
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != inode or status.st_size < place:
                    # A new file after rotation, or one that was emptied.
                    place = 0
                file.seek(place)
                text = file.read()
        except FileNotFoundError:
            return []
        # A line still being written is left for the next look.
        whole = text[: text.rfind(b"\n") + 1]
        self._places[path] = (status.st_ino, place + len(whole))
        return whole.decode(errors="replace").splitlines()
