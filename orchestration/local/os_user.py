"""The operating system user of the embedded server, and what that user can reach.

PostgreSQL refuses to run as root. Root therefore lends it a user that every system has;
anybody else runs it as themselves.
"""

import os
import pwd
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.local.errors import LocalError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class OsUser:
    """A user that root changes to; None in its place stands for the current one."""

    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> Mapping[str, Any]:
        """For subprocess: run as this user, with none of root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_user(data_dir: Path | None = None) -> OsUser | None:
    """Who runs the server: the owner of an existing data folder, `postgres`, or else `nobody`.

    None when this is not root: the current user does. Raises LocalError on a data folder
    that belongs to somebody else.
    """
    me = os.geteuid()
    owner = data_dir.stat().st_uid if data_dir is not None and data_dir.is_dir() else None
    if me != 0:
        if owner not in {None, me}:
            raise LocalError(
                f"{data_dir} belongs to user id {owner}, not to you ({me}): run squad as the user "
                f"who made it, or choose another folder with SQUAD_VAR."
            )
        return None
    if owner is not None and owner != 0:
        return _user(pwd.getpwuid(owner))
    for name in CANDIDATES:
        try:
            return _user(pwd.getpwnam(name))
        except KeyError:
            continue
    raise LocalError(
        "PostgreSQL does not run as root, and this system has neither a user postgres nor "
        "nobody: run squad as an ordinary user."
    )


def _user(entry: pwd.struct_passwd) -> OsUser:
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _allows(path: Path, user: OsUser, owner_bit: int) -> bool:
    status = path.stat()
    if status.st_uid == user.uid:
        return bool(status.st_mode & owner_bit)
    if status.st_gid == user.gid:
        return bool(status.st_mode & owner_bit >> 3)
    return bool(status.st_mode & owner_bit >> 6)


def closed_folder(path: Path, user: OsUser | None) -> Path | None:
    """The first folder on the way to `path`, itself included, that the user cannot enter."""
    if user is None:
        return None
    for folder in (*reversed(path.parents), path):
        if not _allows(folder, user, stat.S_IXUSR):
            return folder
    return None


def can_read_all(folder: Path, user: OsUser | None) -> bool:
    """Whether the user can enter the folder and read every file below it."""
    if user is None:
        return True
    if closed_folder(folder, user) is not None:
        return False
    return all(
        _allows(path, user, stat.S_IXUSR if path.is_dir() else stat.S_IRUSR)
        for path in folder.rglob("*")
    )
