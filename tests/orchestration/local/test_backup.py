"""Backups of a real cluster, and drills: what is restored is what was there at that moment."""

import os
import shutil
import signal
import stat
import subprocess
import threading
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from orchestration.local import marks, restoring
from orchestration.local.backing_up import MARK
from orchestration.local.backups import find_backups
from orchestration.local.databases import make_server
from orchestration.local.errors import LocalError
from orchestration.local.folders import remove_folders
from orchestration.local.instance import PROJECT_ROOT, Instance
from orchestration.local.postgres import EmbeddedPostgres
from orchestration.local.progress import Progress
from tests.orchestration.local.backed_up import NIGHT, Databases, in_all
from tests.orchestration.local.platforms import free_offset
from tests.orchestration.local.test_command import REAL_SQUAD, environment
from tests.orchestration.local.test_healing import eventually


def test_a_moment_is_restored_in_all_databases_and_then_the_end(rows: Databases) -> None:
    rows.tell("1 before the backup")
    name = rows.back_up().name
    rows.tell("2 after the backup")
    moment = rows.moment()
    rows.tell("3 after the moment")

    aside = rows.restore(to=moment)
    assert rows.told() == in_all("1 before the backup", "2 after the backup")
    assert (aside / "PG_VERSION").exists()

    # What is told from here on has a timeline of its own; that of before is kept as well.
    rows.tell("4 after the restore")
    rows.restore(name)
    assert rows.told() == in_all("1 before the backup", "2 after the backup", "4 after the restore")
    rows.restore(name, timeline=1)
    assert rows.told() == in_all("1 before the backup", "2 after the backup", "3 after the moment")


def test_a_server_that_was_killed_loses_nothing_that_it_had_not_archived(
    rows: Databases,
) -> None:
    name = rows.back_up().name
    rows.tell("not archived yet")
    os.kill(rows.server.pid or 0, signal.SIGKILL)
    eventually(lambda: not rows.server.is_running())

    aside = rows.restore(name)

    assert rows.told() == in_all("not archived yet")
    # What was moved aside is as good as it was; started once, it gives its shared memory back.
    rows.server.stop()
    before = EmbeddedPostgres(aside, rows.server.port, rows.server.password).start()
    with psycopg.connect(before.url("billing")) as connection:
        assert connection.execute("SELECT what FROM told").fetchall() == [("not archived yet",)]
    before.stop()


def test_databases_whose_disk_is_gone_are_restored_with_what_was_archived(
    rows: Databases,
) -> None:
    backup = rows.back_up()
    rows.tell("archived")
    rows.server.stop()
    shutil.rmtree(rows.server.data_dir)

    plan = rows.plan(backup.name)
    restoring.restore(rows.instance, plan, Progress())
    rows.server.start()

    assert plan.aside is None
    assert rows.told() == in_all("archived")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_where_the_data_folder_is_a_link_backups_and_what_was_before_are_beside_its_target(
    folder: Path,
) -> None:
    folder.chmod(0o700)
    rows = Databases(Instance(folder / "var", free_offset()))
    try:
        link, target = rows.instance.var / "postgres", rows.server.data_dir
        rows.tell("kept")
        name = rows.back_up().name
        aside = rows.restore(name)

        assert rows.told() == in_all("kept")
        assert link.readlink() == target
        assert {rows.root.parent, aside.parent} == {target.parent}
    finally:
        rows.server.stop()
        remove_folders(rows.instance)


def test_a_restore_that_was_cut_off_between_its_renames_is_ended_by_the_next_start(
    rows: Databases,
) -> None:
    rows.tell("kept")
    rows.server.stop()
    server = rows.server
    server.data_dir.rename(server.restored)

    make_server(rows.instance)
    rows.server.start()

    assert rows.told() == in_all("kept")


def test_nothing_is_archived_before_the_first_backup(rows: Databases) -> None:
    rows.ask("postgres", "SELECT pg_switch_wal()::text")
    eventually(
        lambda: rows.ask("postgres", "SELECT archived_count::text FROM pg_stat_archiver") != ["0"]
    )

    assert not rows.root.exists()


def test_backups_are_for_the_servers_user_alone(rows: Databases) -> None:
    backup = rows.back_up()

    owner = rows.server.data_dir.stat().st_uid
    for path in (backup.folder, *backup.folder.parent.rglob("*"), backup.folder.parent):
        assert path.stat().st_uid == owner
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_old_backups_go_and_with_them_the_wal_that_only_they_needed(rows: Databases) -> None:
    first = rows.back_up(keep=2, now=NIGHT)
    kept = [rows.back_up(keep=2, now=NIGHT + timedelta(days=day)) for day in (1, 2)]

    assert [it.name for it in find_backups(rows.root)] == [it.name for it in kept]
    archived = sorted(path.name[:24] for path in first.archive.glob("*.gz"))
    assert archived[0] == kept[0].record.first_wal
    assert first.record.first_wal not in archived


def test_a_backup_whose_program_is_killed_leaves_nothing(rows: Databases) -> None:
    def kill() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for one in marks.marked_processes(rows.instance.var):
                if marks.process_name(one) == MARK:
                    one.kill()
                    return

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(LocalError, match="pg_basebackup made no backup"):
        rows.back_up()
    killer.join()

    [own] = rows.root.iterdir()
    assert [path.name for path in own.iterdir()] == ["wal"]


def test_what_a_killed_command_left_is_no_backup_and_is_cleaned_up(rows: Databases) -> None:
    command = subprocess.Popen(
        [*REAL_SQUAD, "backup"], cwd=PROJECT_ROOT, env=environment(rows.instance)
    )
    eventually(lambda: bool(list(rows.root.glob("*/*.part"))))
    command.kill()
    command.wait()

    assert find_backups(rows.root) == []
    backup = rows.back_up()
    assert {path.name for path in backup.folder.parent.iterdir()} == {"wal", backup.name}
    assert not marks.marked_processes(rows.instance.var)


def test_another_file_of_the_same_name_in_the_archive_is_not_overwritten(
    rows: Databases,
) -> None:
    backup = rows.back_up()
    [name] = rows.ask("postgres", "SELECT pg_walfile_name(pg_current_wal_lsn())")
    strange = backup.archive / f"{name}.gz"
    rows.server.write(strange, "another cluster's")
    rows.tell("something")
    rows.ask("postgres", "SELECT pg_switch_wal()::text")

    failed = "SELECT coalesce(last_failed_wal, '') FROM pg_stat_archiver"
    eventually(lambda: rows.ask("postgres", failed) == [name])
    assert strange.read_text() == "another cluster's"
