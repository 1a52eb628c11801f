"""What does not fit into DuckDB's memory goes to disk: bounded, and gone afterwards."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pytest

from warehouse import database
from warehouse.database import open_database

LARGE = "CREATE TABLE large AS SELECT md5(i::text) || md5(i::text) FROM range({}) AS rows(i)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_does_not_fit_into_memory_is_put_aside_and_removed(folder: Path) -> None:
    with open_database("40MB", threads=1) as connection:
        connection.execute(LARGE.format(1_000_000))
        [spill] = folder.iterdir()
        assert spill.name.startswith(f"squad-duckdb-{os.getpid()}-")
        assert sum(file.stat().st_size for file in spill.iterdir()) > 1_000_000
        assert connection.execute("SELECT count(*) FROM large").fetchall() == [(1_000_000,)]
    assert list(folder.iterdir()) == []


def test_what_is_put_aside_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SPILL_LIMIT", "1MB")
    with open_database("40MB", threads=1) as connection:
        with pytest.raises(duckdb.OutOfMemoryException, match="max_temp_directory_size"):
            connection.execute(LARGE.format(1_000_000))
        connection.execute(LARGE.format(1_000))
    assert list(folder.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_nothing_of_the_living(folder: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = folder / f"squad-duckdb-{dead.pid}-0a1b2c3d"
    living = folder / f"squad-duckdb-{os.getppid()}-0a1b2c3d"
    others = folder / "squad-duckdb-notes"
    for one in (left, living, others):
        one.mkdir()
        (one / "duckdb_temp_storage-0.tmp").write_bytes(b"rows")
    open_database("40MB", threads=1).close()
    assert {one.name for one in folder.iterdir()} == {living.name, others.name}
    assert list(living.iterdir())
