"""What a restore will do: looked at before anything is done."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from orchestration.local import marks
from orchestration.local.backups import (
    NAME,
    Backup,
    choose,
    find_backups,
    refuse_outside_servers,
)
from orchestration.local.databases import POSTGRES_PORT, SUPERUSER_SECRET
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.keys import KEK
from orchestration.local.postgres import EmbeddedPostgres
from orchestration.local.postgres_folder import postgres_folder
from orchestration.local.secrets import SecretStore
from orchestration.local.wal_archive import SEGMENT, SUFFIX, missing_segment
from orchestration.local.wiring import KEK_PARTS

LATEST = "latest"
"""The newest timeline that the archive has."""


@dataclass(frozen=True)
class Plan:
    """What a restore will do; everything that can be known before was checked."""

    backup: Backup
    to: datetime | None
    """The moment in UTC; None is the end of the WAL."""
    timeline: str
    data_dir: Path
    aside: Path | None
    """Where the present files go; None when there are none."""
    old_wal: Path | None
    """WAL of a server of the same cluster that was stopped before it was archived."""


def plan(
    instance: Instance,
    root: Path,
    name: str | None,
    *,
    to: datetime | None,
    timeline: int | None,
    now: datetime,
) -> Plan:
    """Look at everything, and change nothing; `root` is BACKUPS.

    Raises LocalError where the platform runs, a secret or WAL is missing, or no backup serves.
    """
    refuse_outside_servers(instance)
    if to is not None and to > now:
        raise LocalError(f"{to} is still to come: name a moment that is over.")
    there = find_backups(root)
    if not there:
        raise LocalError(f"There is no backup in {root}: name its folder with SQUAD_BACKUP_DIR.")
    backup = choose(there, name, to)
    _require_secrets(instance, backup)
    data_dir = postgres_folder(instance)
    present = server_at(instance, data_dir)
    present.end_restore()
    if present.is_running() or marks.marked_processes(instance.var):
        raise LocalError(f"The platform in {instance.var} is running: `squad down` first.")
    exists = data_dir.exists()
    control = _control(present)
    same = control.get("Database system identifier") == backup.cluster
    followed = str(timeline) if timeline else _timeline(backup, control if same else {})
    if to is None:
        _require_wal(backup, followed)
    _require_room(backup, data_dir)
    return Plan(
        backup,
        to,
        followed,
        data_dir,
        data_dir.with_name(f"{data_dir.name}.before-{now:{NAME}}") if exists else None,
        data_dir / "pg_wal" if same else None,
    )


def server_at(
    instance: Instance, data_dir: Path, settings: Mapping[str, str] | None = None
) -> EmbeddedPostgres:
    """The platform's server with its files in `data_dir`; no password is made."""
    password = SecretStore(instance.secrets).path(SUPERUSER_SECRET).read_text()
    return EmbeddedPostgres(data_dir, instance.port(POSTGRES_PORT), password, settings=settings)


def _control(present: EmbeddedPostgres) -> Mapping[str, str]:
    """Nothing of a cluster that is not there, or is too damaged to say."""
    try:
        return present.control()
    except LocalError:
        return {}


def _require_secrets(instance: Instance, backup: Backup) -> None:
    needed = {SUPERUSER_SECRET, *backup.record.secrets}
    if all(instance.settings.get(f"{name}_FILE") for name in KEK_PARTS):
        # Its two custodians have it.
        needed.discard(KEK)
    missing = [name for name in needed if not (instance.secrets / name).exists()]
    if missing:
        raise LocalError(
            f"Without {', '.join(sorted(missing))} in {instance.secrets} nobody gets into what is "
            f"restored, or to its cards: put the folder back from its own backup first."
        )


def _require_wal(backup: Backup, timeline: str) -> None:
    inside = (path.name for path in (backup.data / "pg_wal").iterdir())
    archived = (path.name.removesuffix(SUFFIX) for path in backup.archive.glob(f"*{SUFFIX}"))
    names = [
        name
        for name in (*inside, *archived)
        if SEGMENT.fullmatch(name) and (timeline == LATEST or int(name[:8], 16) <= int(timeline))
    ]
    missing = missing_segment(names, backup.record.first_wal)
    if missing is not None:
        raise LocalError(
            f"The WAL file {missing} is not in {backup.archive}, but later ones are: put it back, "
            f"or restore with --to a moment before it, or a later backup."
        )


def _require_room(backup: Backup, data_dir: Path) -> None:
    folder = next(path for path in data_dir.parents if path.exists())
    free = shutil.disk_usage(folder).free
    if free < backup.record.bytes:
        raise LocalError(
            f"Only {free / 1e9:.1f} GB are free in {folder}, the backup has "
            f"{backup.record.bytes / 1e9:.1f} GB: make room."
        )


def _timeline(backup: Backup, control: Mapping[str, str]) -> str:
    """The present cluster's own: another restore, since undone, may have left a later one."""
    present = int(control.get("Latest checkpoint's TimeLineID", 0))
    return str(present) if present >= int(backup.record.first_wal[:8], 16) else LATEST
