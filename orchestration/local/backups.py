"""The backups that there are: where they lie, what is known of each, which one serves.

    BACKUPS/IDENTIFIER OF THE CLUSTER/20261126T140500Z/data         the base backup
                                                      /backup.json  what is known of it
                                     /wal/                          the archive

A cluster has a folder of its own, so that platforms may share BACKUPS, and a new one never prunes
or archives into what an old one left.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from orchestration.local.databases import DATABASES, SUPERUSER_SECRET, admin_variable
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.keys import BOX_KEYS, KEK
from orchestration.local.postgres_folder import postgres_folder

FOLDER_VARIABLE = "SQUAD_BACKUP_DIR"
RECORD = "backup.json"
UNFINISHED = ".part"
NAME = "%Y%m%dT%H%M%SZ"
"""Of the moment, in UTC, when the backup was begun."""


class Record(msgspec.Struct, frozen=True):
    """What `backup.json` holds. Times are UTC, `bytes` the size of the base backup."""

    began: datetime
    ended: datetime
    bytes: int
    first_wal: str
    """The oldest WAL file that its recovery needs."""
    secrets: tuple[str, ...]
    """Names of the secrets that the databases cannot do without; they are not in the backup."""


class Backup(msgspec.Struct, frozen=True):
    """One whole backup; its folder is BACKUPS/`cluster`/`name`."""

    folder: Path
    record: Record

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def cluster(self) -> str:
        """The system identifier of the cluster that it is of."""
        return self.folder.parent.name

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def archive(self) -> Path:
        return self.folder.parent / "wal"


def backups_folder(instance: Instance, given: Path | None) -> Path:
    """BACKUPS: as given, or as the platform was started with, or beside the server's files."""
    named = given or instance.settings.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser().resolve()
    return postgres_folder(instance).parent / "backups"


def refuse_outside_servers(instance: Instance) -> None:
    """Raises LocalError where not all databases are in the embedded server."""
    outside = [name for name in map(admin_variable, DATABASES) if instance.settings.get(name)]
    if outside:
        raise LocalError(
            f"{', '.join(outside)}: databases on servers of their own cannot be held to one "
            f"moment from here. Back up those servers, and all others to the same moment, with "
            f"pg_basebackup and their own WAL archive."
        )


def find_backups(root: Path) -> list[Backup]:
    """Every whole backup, of all clusters, the oldest first."""
    return sorted(
        (
            Backup(path.parent, msgspec.json.decode(path.read_bytes(), type=Record))
            for path in root.glob(f"*/*/{RECORD}")
            if path.parent.suffix != UNFINISHED
        ),
        key=lambda backup: backup.record.ended,
    )


def needed_secrets(store: Path) -> tuple[str, ...]:
    """The names of secrets that are there and that no new one can stand in for."""
    names = (SUPERUSER_SECRET, KEK, BOX_KEYS)
    return tuple(name for name in names if (store / name).exists())


def expired(backups: Sequence[Backup], keep: int) -> list[Backup]:
    """All but the newest `keep`; `backups` are in order."""
    return list(backups[: max(0, len(backups) - keep)])


def choose(backups: Sequence[Backup], name: str | None, to: datetime | None) -> Backup:
    """The backup of that name, or the newest that ended before the moment `to`.

    Raises LocalError, with a list, where none serves.
    """
    there = [f"{one.cluster}/{one.name}, ended {one.record.ended:%Y-%m-%d %H:%M:%S%z}"
             for one in backups]  # fmt: skip
    if name is not None:
        found = [one for one in backups if name in {one.name, f"{one.cluster}/{one.name}"}]
        if len(found) > 1:
            raise LocalError(f"{name} is of several clusters; name one of:", there)
        if not found:
            raise LocalError(f"There is no backup {name}. There are:", there)
        if to is not None and found[0].record.ended > to:
            raise LocalError(f"{name} ended after {to}: name an older one, or none.", there)
        return found[0]
    if to is None:
        raise LocalError("Say what to restore: a backup, or a moment with --to.", there)
    before = [one for one in backups if one.record.ended <= to]
    if not before:
        raise LocalError(f"No backup ended before {to}. There are:", there)
    return before[-1]
