"""`squad backup`: a base backup of the embedded server, by PostgreSQL's own tools.

All databases are in one cluster, so one backup with its WAL is one moment of all of them.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import psycopg

from api.kernel import clock
from orchestration.local import marks
from orchestration.local.backups import (
    NAME,
    RECORD,
    UNFINISHED,
    Backup,
    Record,
    expired,
    find_backups,
    needed_secrets,
    refuse_outside_servers,
)
from orchestration.local.databases import embedded_server
from orchestration.local.environment import marked
from orchestration.local.errors import LocalError
from orchestration.local.files import PRIVATE_FOLDER, sync_folder
from orchestration.local.folders import exclusive
from orchestration.local.instance import Instance
from orchestration.local.os_user import OsUser, closed_folder
from orchestration.local.postgres import HOST, SUPERUSER, EmbeddedPostgres
from orchestration.local.wal_archive import SUFFIX, SWITCH

LOCK = "backup.lock"
MARK = "backup"
"""The name by which a pg_basebackup that outlived its command is found, and ended."""
FIRST_WAL = re.compile(r"START WAL LOCATION: .*\(file ([0-9A-F]{24})\)")
# Nobody waits longer than this for a change to be in the archive.
ARCHIVE_TIMEOUT = "60s"
ARCHIVE_SECONDS = 60
END_SECONDS = 15


@dataclass(frozen=True)
class Done:
    """A new backup, and the names of those that were removed for it."""

    backup: Backup
    removed: tuple[str, ...]


def back_up(
    instance: Instance, root: Path, keep: int, now: datetime, note: Callable[[str], None]
) -> Done:
    """Make a backup below `root` (BACKUPS), and remove all but the newest `keep`.

    From the first one on, the server archives its WAL beside it. Raises LocalError where the
    server does not archive, or the backup cannot be made or is not whole; then nothing is
    removed, and what is left of it is cleaned up, at the latest by the next call.
    """
    refuse_outside_servers(instance)
    server = embedded_server(instance)
    if not server.is_running():
        raise LocalError(f"The server in {server.data_dir} is not running: `squad up`.")
    with exclusive(instance, LOCK):
        cluster = server.control()["Database system identifier"]
        folder = _own_folder(root / cluster, server.user)
        _clean_up(instance, folder)
        _archive_from_now_on(server, _own_folder(folder / "wal", server.user))
        backup = _make(instance, server, folder / f"{now:{NAME}}", note)
        _wait_for_archive(server, backup)
        own = [one for one in find_backups(root) if one.cluster == cluster]
        removed = _remove(server, own, keep)
    return Done(backup, removed)


def _own_folder(folder: Path, user: OsUser | None) -> Path:
    """A folder of the server's user, closed to others; made if need be."""
    owner = user.uid if user else os.geteuid()
    try:
        if not folder.parent.exists():
            folder.parent.mkdir(parents=True)
            # The server's user passes through, whatever the umask.
            folder.parent.chmod(0o711)
        if not folder.exists():
            folder.mkdir(mode=PRIVATE_FOLDER)
            if user is not None:
                os.chown(folder, user.uid, user.gid)
    except OSError as error:
        raise LocalError(f"{folder} cannot be made: {error.strerror}.") from error
    closed = closed_folder(folder, user)
    if closed is not None or folder.stat().st_uid != owner:
        name = user.name if user else f"user id {owner}"
        raise LocalError(
            f"{closed or folder} is closed to {name}, who runs PostgreSQL: open it, or name "
            f"another folder."
        )
    folder.chmod(PRIVATE_FOLDER)
    return folder


def _clean_up(instance: Instance, folder: Path) -> None:
    """End and remove what an interrupted call left."""
    left = [one for one in marks.marked_processes(instance.var) if marks.process_name(one) == MARK]
    marks.end(left, END_SECONDS)
    for path in folder.glob(f"*{UNFINISHED}"):
        shutil.rmtree(path)


def _archive_from_now_on(server: EmbeddedPostgres, archive: Path) -> None:
    server.write(server.data_dir / SWITCH, f"{archive}\n")
    with psycopg.connect(server.url(), autocommit=True) as connection:
        if connection.execute("SHOW archive_mode").fetchone() != ("on",):
            raise LocalError("The server was started without an archive: `squad down`, `squad up`.")
        # Not before: every time it is over, a file of 16 MB is begun.
        connection.execute(f"ALTER SYSTEM SET archive_timeout = '{ARCHIVE_TIMEOUT}'")
        connection.execute("SELECT pg_reload_conf()")


def _make(
    instance: Instance, server: EmbeddedPostgres, folder: Path, note: Callable[[str], None]
) -> Backup:
    if folder.exists():
        raise LocalError(f"{folder} is there already: try again in a second.")
    part = _own_folder(folder.with_name(f"{folder.name}{UNFINISHED}"), server.user)
    try:
        record = _fill(instance, server, part, note)
        part.rename(folder)
        sync_folder(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Backup(folder, record)


def _fill(
    instance: Instance, server: EmbeddedPostgres, part: Path, note: Callable[[str], None]
) -> Record:
    began = clock.now()
    data = part / "data"
    _base_backup(instance, server, data, note)
    note("checking every file of it")
    checked = server.run("pg_verifybackup", "--quiet", str(data))
    if checked.returncode != 0:
        raise LocalError("The backup is not whole:", checked.stderr.splitlines())
    found = FIRST_WAL.search((data / "backup_label").read_text())
    if found is None:
        raise LocalError(f"{data / 'backup_label'} does not say which WAL it needs.")
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    record = Record(began, clock.now(), size, found[1], needed_secrets(instance.secrets))
    server.write(part / RECORD, msgspec.json.format(msgspec.json.encode(record)).decode())
    return record


def _base_backup(
    instance: Instance, server: EmbeddedPostgres, data: Path, note: Callable[[str], None]
) -> None:
    """Raises LocalError with what pg_basebackup said."""
    surroundings = server.surroundings({**marked(instance, MARK), "PGPASSWORD": server.password})
    command = [
        server.program("pg_basebackup"), "-D", str(data), "-h", HOST, "-p", str(server.port),
        "-U", SUPERUSER, "--no-password", "--checkpoint=fast", "--wal-method=stream", "--progress",
    ]  # fmt: skip
    said: list[str] = []
    with subprocess.Popen(  # noqa: S603 - the server's own program, no shell
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **surroundings,
    ) as process:
        try:
            for line in process.stderr or ():
                said = [*said[-9:], line.strip()]
                note(line.strip())
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise LocalError("pg_basebackup made no backup:", said)


def _wait_for_archive(server: EmbeddedPostgres, backup: Backup) -> None:
    """Return when the first WAL file of the backup is in the archive: it works."""
    first = backup.archive / f"{backup.record.first_wal}{SUFFIX}"
    deadline = time.monotonic() + ARCHIVE_SECONDS
    while not first.exists():
        if time.monotonic() > deadline:
            raise LocalError(
                f"{backup.folder} is whole, but the server does not get its WAL into "
                f"{backup.archive}: no later moment can be restored. `squad logs postgres` says "
                f"why."
            )
        time.sleep(0.1)


def _remove(server: EmbeddedPostgres, own: list[Backup], keep: int) -> tuple[str, ...]:
    """Remove all backups but the newest, and the WAL that only they needed."""
    old = expired(own, keep)
    for backup in old:
        # Without its record nothing takes it for a backup, however far this comes.
        leaving = backup.folder.with_name(f"{backup.name}{UNFINISHED}")
        backup.folder.rename(leaving)
        shutil.rmtree(leaving)
    oldest = own[len(old)]
    done = server.run(
        "pg_archivecleanup", "--clean-backup-history", f"--strip-extension={SUFFIX}",
        str(oldest.archive), oldest.record.first_wal,
    )  # fmt: skip
    if done.returncode != 0:
        raise LocalError(f"Old WAL in {oldest.archive} cannot be removed: {done.stderr.strip()}")
    return tuple(backup.name for backup in old)
