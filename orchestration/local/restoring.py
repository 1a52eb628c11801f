"""`squad restore`: the embedded server as it was at a moment, beside what it is now.

The backup is copied and recovered beside the server's files, which stay as they are until the
copy has come to its end; then the two change places. Nothing is removed but an unfinished copy.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from orchestration.local.backing_up import LOCK
from orchestration.local.databases import SUPERUSER_SECRET
from orchestration.local.errors import LocalError
from orchestration.local.files import PRIVATE_FOLDER, sync_folder
from orchestration.local.folders import exclusive, prepare_folders
from orchestration.local.instance import Instance
from orchestration.local.logs import last_lines
from orchestration.local.os_user import server_user
from orchestration.local.postgres import HOST, EmbeddedPostgres
from orchestration.local.postgres_folder import link_postgres_folder
from orchestration.local.progress import Progress
from orchestration.local.restore_plan import Plan, server_at
from orchestration.local.wal_archive import (
    SWITCH,
    restore_command,
)

RECOVERY_SECONDS = 24 * 60 * 60
LOG_LINES = 200
ENDED_EARLY = "recovery ended before configured recovery target was reached"
LAST_CHANGE = re.compile(r"last completed transaction was at log time (.*)")


def restore(instance: Instance, plan: Plan, progress: Progress) -> str | None:
    """Carry the plan out; the time of the last change that is in it, if any came after the backup.

    Raises LocalError where the recovery fails; the present files are then where they were.
    """
    prepare_folders(instance)
    with exclusive(instance), exclusive(instance, LOCK):
        link_postgres_folder(instance)
        target = server_at(instance, plan.data_dir)
        if plan.data_dir.exists() and target.restored.exists():
            # Of a call that was interrupted at its last step, before anything had moved.
            shutil.rmtree(target.restored)
        fresh = plan.data_dir.with_name(f"{plan.data_dir.name}.restoring")
        if fresh.exists():
            server_at(instance, fresh).stop()
            shutil.rmtree(fresh)
        server = server_at(instance, fresh, _settings(plan))
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
    done = subprocess.run(  # noqa: S603 - a program of the system, no shell
        ["/bin/cp", "-R", "--preserve=mode,timestamps", "--reflink=auto",
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
    """Cut off before the present files moved, nothing has happened; after it, the next start of
    the server ends it.
    """
    fresh.rename(target.restored)
    sync_folder(fresh.parent)
    if plan.aside is not None:
        plan.data_dir.rename(plan.aside)
    target.restored.rename(plan.data_dir)
    sync_folder(fresh.parent)
