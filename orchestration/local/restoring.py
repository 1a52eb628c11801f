"""`squad restore`: the embedded server as it was at a moment, beside what it is now.

The backup is copied and recovered beside the server's files, which stay as they are until the
copy has come to its end; then the two change places. Nothing is removed but an unfinished copy.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from orchestration.local import marks
from orchestration.local.backing_up import LOCK
from orchestration.local.backups import (
    NAME,
    Backup,
    choose,
    find_backups,
    refuse_outside_servers,
)
from orchestration.local.databases import POSTGRES_PORT, SUPERUSER_SECRET
from orchestration.local.errors import LocalError
from orchestration.local.files import PRIVATE_FOLDER, sync_folder
from orchestration.local.folders import exclusive, prepare_folders
from orchestration.local.instance import Instance
from orchestration.local.keys import KEK
from orchestration.local.logs import last_lines
from orchestration.local.os_user import server_user
from orchestration.local.postgres import HOST, EmbeddedPostgres
from orchestration.local.postgres_folder import link_postgres_folder, postgres_folder
from orchestration.local.progress import Progress
from orchestration.local.secrets import SecretStore
from orchestration.local.wal_archive import SUFFIX, SWITCH, missing_segment, restore_command
from orchestration.local.wiring import KEK_PARTS

LATEST = "latest"
RECOVERY_SECONDS = 24 * 60 * 60
LOG_LINES = 200
ENDED_EARLY = "recovery ended before configured recovery target was reached"
LAST_CHANGE = re.compile(r"last completed transaction was at log time (.*)")


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
    present = _server(instance, data_dir)
    present.end_restore()
    if present.is_running() or marks.marked_processes(instance.var):
        raise LocalError(f"The platform in {instance.var} is running: `squad down` first.")
    exists = data_dir.exists()
    control = _control(present)
    same = control.get("Database system identifier") == backup.cluster
    if to is None:
        _require_wal(backup)
    _require_room(backup, data_dir)
    return Plan(
        backup,
        to,
        str(timeline) if timeline else _timeline(backup, control if same else {}),
        data_dir,
        data_dir.with_name(f"{data_dir.name}.before-{now:{NAME}}") if exists else None,
        data_dir / "pg_wal" if same else None,
    )


def _server(
    instance: Instance, data_dir: Path, settings: Mapping[str, str] | None = None
) -> EmbeddedPostgres:
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


def _require_wal(backup: Backup) -> None:
    inside = (path.name for path in (backup.data / "pg_wal").iterdir())
    archived = (path.name.removesuffix(SUFFIX) for path in backup.archive.glob(f"*{SUFFIX}"))
    missing = missing_segment((*inside, *archived), backup.record.first_wal)
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


def restore(instance: Instance, plan: Plan, progress: Progress) -> str | None:
    """Carry the plan out; the time of the last change that is in it, if any came after the backup.

    Raises LocalError where the recovery fails; the present files are then where they were.
    """
    prepare_folders(instance)
    with exclusive(instance), exclusive(instance, LOCK):
        link_postgres_folder(instance)
        target = _server(instance, plan.data_dir)
        if plan.data_dir.exists() and target.restored.exists():
            # Of a call that was interrupted at its last step, before anything had moved.
            shutil.rmtree(target.restored)
        fresh = plan.data_dir.with_name(f"{plan.data_dir.name}.restoring")
        if fresh.exists():
            _server(instance, fresh).stop()
            shutil.rmtree(fresh)
        server = _server(instance, fresh, _settings(plan))
        try:
            with progress.step(
                f"Copying {plan.backup.data} ({plan.backup.record.bytes / 1e6:.0f} MB)"
            ):
                _copy(plan, fresh)
            with progress.step("Checking every file of the copy"):
                _verify(server)
            with progress.step("Recovering"):
                last = _recover(server, plan)
        except BaseException:
            if fresh.exists():
                server.stop()
                shutil.rmtree(fresh)
            raise
        with progress.step("Changing places"):
            _change_places(fresh, target, plan)
        return last


def _settings(plan: Plan) -> dict[str, str]:
    """Given at the start of the recovery alone: nothing of them is left in the cluster."""
    moment = {} if plan.to is None else {"recovery_target_time": plan.to.isoformat(sep=" ")}
    return {
        **moment,
        "restore_command": restore_command(plan.backup.archive, plan.old_wal),
        "recovery_target_timeline": plan.timeline,
        "recovery_target_action": "promote",
        # Nobody looks at it before it is at its end.
        "hot_standby": "off",
        # A timeline is told to the archive when it has become the platform's.
        "archive_command": "",
        "lc_messages": "C",
    }


def _copy(plan: Plan, fresh: Path) -> None:
    """Root's own while it is filled, then the server user's."""
    user = server_user(plan.data_dir)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.mkdir(mode=PRIVATE_FOLDER)
    done = subprocess.run(
        ["cp", "-R", "--preserve=mode,timestamps", "--reflink=auto",
         f"{plan.backup.data}/.", str(fresh)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError("The backup cannot be copied:", done.stderr.splitlines()[-5:])
    if user is not None:
        for path in (*fresh.rglob("*"), fresh):
            os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _verify(server: EmbeddedPostgres) -> None:
    checked = server.run("pg_verifybackup", "--quiet", str(server.data_dir))
    if checked.returncode != 0:
        raise LocalError(
            "The backup is damaged: restore an older one, with --to.", checked.stderr.splitlines()
        )


def _recover(server: EmbeddedPostgres, plan: Plan) -> str | None:
    log = server.data_dir / "server.log"
    log.unlink(missing_ok=True)
    server.write(server.data_dir / SWITCH, f"{plan.backup.archive}\n")
    server.write(server.data_dir / "recovery.signal", "")
    try:
        server.start(RECOVERY_SECONDS)
        _wait_until_recovered(server)
    except LocalError as error:
        lines = last_lines(log, LOG_LINES)
        if any(ENDED_EARLY in line for line in lines):
            raise LocalError(
                f"Nothing that is kept was changed after {plan.to}: the last change is of "
                f"{_last_change(lines) or 'before the end of the backup'}. Without --to, "
                f"everything is restored."
            ) from error
        raise
    try:
        psycopg.connect(server.url()).close()
    except psycopg.OperationalError as error:
        raise LocalError(
            f"The password {SUPERUSER_SECRET} is not the one of this backup: put back the secrets "
            f"of its time."
        ) from error
    server.stop(RECOVERY_SECONDS)
    return _last_change(last_lines(log, LOG_LINES))


def _wait_until_recovered(server: EmbeddedPostgres) -> None:
    """Its start returns when the recovery has begun."""
    ask = ("-q", "-h", HOST, "-p", str(server.port))
    while server.run("pg_isready", *ask).returncode != 0:
        if not server.is_running():
            log = server.data_dir / "server.log"
            raise LocalError("The recovery failed; the server's last words:", last_lines(log, 10))
        time.sleep(0.2)


def _last_change(lines: list[str]) -> str | None:
    found = [match[1] for line in lines if (match := LAST_CHANGE.search(line))]
    return found[-1] if found else None


def _change_places(fresh: Path, target: EmbeddedPostgres, plan: Plan) -> None:
    """From the first rename on, the next start of the server ends what is interrupted here."""
    fresh.rename(target.restored)
    sync_folder(fresh.parent)
    if plan.aside is not None:
        plan.data_dir.rename(plan.aside)
    target.restored.rename(plan.data_dir)
    sync_folder(fresh.parent)
