"""Which backup serves, which ones go, and what a WAL file that is lacking means."""

import gzip
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.local.backups import (
    Backup,
    Record,
    backups_folder,
    choose,
    expired,
    needed_secrets,
    refuse_outside_servers,
)
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.wal_archive import missing_segment, restore_command


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 2, 5, tzinfo=UTC)


def backup(day: int, cluster: str = "77") -> Backup:
    record = Record(at(day), at(day), 1, "000000010000000000000002", ())
    return Backup(Path("backups") / cluster / f"{day}", record)


THREE = [backup(1), backup(2), backup(3)]


def test_the_newest_are_kept() -> None:
    assert expired(THREE, 2) == [THREE[0]]
    assert expired(THREE, 3) == expired(THREE, 7) == expired([], 1) == []


def test_a_moment_is_restored_from_the_newest_backup_that_ended_before_it() -> None:
    assert choose(THREE, None, at(2)) == THREE[1]
    assert choose(THREE, None, at(9)) == THREE[2]
    assert choose(THREE, "1", at(9)) == THREE[0]
    assert choose(THREE, "77/3", None) == THREE[2]


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        (None, None, "Say what to restore"),
        ("4", None, "There is no backup 4"),
        ("3", at(2), "3 ended after 2026-11-02"),
        (None, datetime(2026, 10, 1, tzinfo=UTC), "No backup ended before 2026-10-01"),
    ],
)
def test_where_no_backup_serves_all_are_listed(
    name: str | None, to: datetime | None, words: str
) -> None:
    with pytest.raises(LocalError, match=words) as caught:
        choose(THREE, name, to)

    assert len(caught.value.details) == len(THREE)


def test_a_name_that_two_clusters_have_is_not_guessed() -> None:
    two = [backup(1, "77"), backup(1, "78")]

    with pytest.raises(LocalError, match="several clusters"):
        choose(two, "1", None)

    assert choose(two, "78/1", None) == two[1]


def test_databases_with_servers_of_their_own_are_named() -> None:
    instance = Instance(Path("var"), 0, {"SQUAD_BILLING_ADMIN_URL": "postgresql://elsewhere/"})

    with pytest.raises(LocalError, match=r"^SQUAD_BILLING_ADMIN_URL: .*pg_basebackup"):
        refuse_outside_servers(instance)

    refuse_outside_servers(Instance(Path("var")))


def test_the_folder_is_the_one_given_or_the_platforms_or_beside_its_data(tmp_path: Path) -> None:
    started = Instance(tmp_path / "var", 0, {"SQUAD_BACKUP_DIR": str(tmp_path / "disk")})

    assert backups_folder(started, tmp_path / "other") == tmp_path / "other"
    assert backups_folder(started, None) == tmp_path / "disk"


def test_secrets_that_are_not_here_are_not_needed(tmp_path: Path) -> None:
    (tmp_path / "vault-kek").touch()
    (tmp_path / "role-customer_api").touch()

    assert needed_secrets(tmp_path) == ("vault-kek",)


FIRST = "0000000100000000000000FE"


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ([FIRST], None),
        ([FIRST, "0000000100000000000000FF", "000000010000000100000000"], None),
        # The next timeline has the rest.
        ([FIRST, "0000000200000000000000FF", "00000002.history"], None),
        ([FIRST, "000000010000000100000000"], "0000000100000000000000FF"),
        (["0000000100000000000000FF"], FIRST),
        # Older ones, and what is no segment.
        (["0000000100000000000000F0", FIRST, f"{FIRST}.00000028.backup"], None),
    ],
)
def test_a_wal_file_between_others_is_missed(names: list[str], missing: str | None) -> None:
    assert missing_segment(names, FIRST) == missing


def test_wal_comes_from_the_archive_or_the_stopped_server_or_is_not_there(tmp_path: Path) -> None:
    archive, old = tmp_path / "it's 100 % an archive", tmp_path / "old $HOME"
    for folder in (archive, old):
        folder.mkdir()
    (archive / "A.gz").write_bytes(gzip.compress(b"archived"))
    (archive / "B.gz").write_bytes(gzip.compress(b"archived" * 1000)[:-9])
    for name in ("A", "C"):
        (old / name).write_text("left")
    target = tmp_path / "wal"

    def fetch(name: str) -> int:
        command = restore_command(archive, old)
        for mark, value in {"%%": "\0", "%f": name, "%p": str(target), "\0": "%"}.items():
            command = command.replace(mark, value)
        return subprocess.run(["/bin/sh", "-c", command], check=False).returncode

    assert (fetch("A"), target.read_text()) == (0, "archived")
    assert (fetch("C"), target.read_text()) == (0, "left")
    # A damaged file is an error of the recovery; a missing one is the end of the WAL.
    assert fetch("B") > 128
    assert fetch("D") == 1
