"""The folder that holds published versions, and the few ways in which it changes.

    files/<sha256>.parquet   shared between versions, never changed
    versions/<version>.json  manifests
    current                  the name of the version that readers see
    held_back.json           why a later build is not shown; absent when none was held back
    held_back/<moment>.json  the builds that were held back last, also if a good one followed
    pin.json                 the version somebody went back to; absent when nobody did

Each change is a file written aside, flushed to disk and renamed: a reader, or a machine that
loses its power, sees the state before or after it and nothing in between.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from warehouse.manifest import HeldBack, Manifest, Pin, encode

T = TypeVar("T")

HELD_BACK_KEPT: Final = 20
"""Builds that were held back, to be looked at later."""


class NoSuchVersion(Exception):
    """The version was never written here, or has been removed since."""


class Store:
    """One warehouse folder. Readers need only read it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = folder / "files"
        self._versions = folder / "versions"
        self._current = folder / "current"
        self._held_back = folder / "held_back.json"
        self._all_held_back = folder / "held_back"
        self._pin = folder / "pin.json"

    # reading ----------------------------------------------------------------------------

    def current(self) -> str | None:
        """The version that readers see; None before the first is published."""
        try:
            return self._current.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None

    def manifest(self, version: str) -> Manifest:
        """Raises NoSuchVersion."""
        manifest = _read(self._versions / f"{version}.json", Manifest)
        if manifest is None:
            raise NoSuchVersion(f"There is no version {version} in {self.folder}.")
        return manifest

    def versions(self) -> list[str]:
        """Every version that is kept, the oldest first."""
        return sorted(path.stem for path in self._versions.glob("*.json"))

    def newest(self) -> Manifest | None:
        """The last version that was written, also when an older one is shown."""
        versions = self.versions()
        return self.manifest(versions[-1]) if versions else None

    def held_back(self) -> HeldBack | None:
        return _read(self._held_back, HeldBack)

    def all_held_back(self) -> list[HeldBack]:
        """The last builds that were held back, the latest first."""
        paths = sorted(self._all_held_back.glob("*.json"), reverse=True)
        return [found for path in paths if (found := _read(path, HeldBack)) is not None]

    def pin(self) -> Pin | None:
        return _read(self._pin, Pin)

    def path(self, name: str) -> Path:
        """Where a file of a manifest is."""
        return self._files / name

    # writing ----------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One writer at a time; a second one waits."""
        for folder in (self._files, self._versions):
            folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def add_file(self, content: bytes) -> tuple[str, bool]:
        """Keep a file under the hash of its content; returns its name and whether it is new.

        A power cut may take it away again until a version with it is added.
        """
        name = f"{hashlib.sha256(content).hexdigest()}.parquet"
        path = self.path(name)
        if path.exists():
            return name, False
        _replace(path, content)
        return name, True

    def add_version(self, manifest: Manifest) -> None:
        """Write the manifest, whose files are all there; nobody sees the version yet."""
        # All names at once: a version has hundreds of files.
        _sync(self._files)
        _write(self._versions / f"{manifest.version}.json", encode(manifest))

    def switch(self, version: str) -> None:
        """Show this version from now on; raises NoSuchVersion."""
        self.manifest(version)
        _write(self._current, version.encode("ascii"))

    def hold_back(self, held_back: HeldBack) -> None:
        self._all_held_back.mkdir(parents=True, exist_ok=True)
        moment = f"{held_back.at:%Y%m%dT%H%M%S.%fZ}"
        _write(self._all_held_back / f"{moment}.json", encode(held_back))
        for path in sorted(self._all_held_back.glob("*.json"))[:-HELD_BACK_KEPT]:
            path.unlink(missing_ok=True)
        _write(self._held_back, encode(held_back))

    def clear_held_back(self) -> None:
        self._held_back.unlink(missing_ok=True)

    def set_pin(self, pin: Pin) -> None:
        _write(self._pin, encode(pin))

    def remove_pin(self) -> None:
        self._pin.unlink(missing_ok=True)

    def keep_last(self, count: int) -> int:
        """Remove all versions but the last `count` and the one shown; returns files removed.

        Whoever still reads a removed version has to open the current one.
        """
        kept = {*self.versions()[-count:], self.current()} - {None}
        for version in self.versions():
            if version not in kept:
                (self._versions / f"{version}.json").unlink()
        used = {file.name for version in self.versions() for file in self.manifest(version).files}
        unused = [path for path in self._files.iterdir() if path.name not in used]
        for path in unused:
            path.unlink()
        return len(unused)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return msgspec.json.decode(content, type=kind)


def _write(path: Path, content: bytes) -> None:
    _replace(path, content)
    # The rename itself must reach the disk, or a power cut brings the old name back.
    _sync(path.parent)


def _replace(path: Path, content: bytes) -> None:
    aside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _sync(folder: Path) -> None:
    """What names the folder has is what it has after a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
