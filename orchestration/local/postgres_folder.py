"""Where the embedded server's files are: in the data folder, if the server's user gets there."""

import hashlib
from pathlib import Path

from orchestration.local.instance import Instance
from orchestration.local.os_user import closed_folder, server_user

ELSEWHERE = Path("/var/lib/sysops-squad")


def elsewhere(instance: Instance) -> Path:
    """The folder of this platform's server files when they cannot be in its data folder."""
    return ELSEWHERE / hashlib.sha256(str(instance.var).encode()).hexdigest()[:16]


def postgres_folder(instance: Instance) -> Path:
    """The server's data folder.

    Where root keeps the project below a folder closed to others (as /root is), the server's
    user cannot come to `var/postgres`; its files are then `elsewhere`, and `var/postgres` is a
    link to them.
    """
    inside = instance.var / "postgres"
    if inside.is_symlink():
        return inside.readlink()
    if inside.is_dir():
        return inside
    existing = next(folder for folder in (instance.var, *instance.var.parents) if folder.exists())
    if closed_folder(existing, server_user()) is None:
        return inside
    return elsewhere(instance) / "postgres"


def link_postgres_folder(instance: Instance) -> None:
    """Show in the data folder where the server's files are, when they are elsewhere."""
    folder = postgres_folder(instance)
    link = instance.var / "postgres"
    if folder == link or link.is_symlink():
        return
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    for passage in (folder.parent, folder.parent.parent):
        passage.chmod(0o755)
    link.symlink_to(folder)
