"""Versions share files, switch at once, and can be gone back to."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import duckdb
import pyarrow as pa
import pytest

from orchestration.publishing import publish
from orchestration.publishing.export import to_parquet
from warehouse.manifest import File, HeldBack, Manifest, Table
from warehouse.read import NothingPublished, Warehouse
from warehouse.store import HELD_BACK_KEPT, NoSuchVersion, Store

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "warehouse")


def add(store: Store, minute: int, *parts: list[int], show: bool = True) -> str:
    """Publish a version with one mart of one column, a file a part."""
    at = NOON + timedelta(minutes=minute)
    with store.writing():
        files = [
            File(store.add_file(to_parquet(pa.table({"n": part})))[0], len(part), 0)
            for part in parts
        ]
        table = Table(sum(len(part) for part in parts), {"n": "bigint"}, files)
        manifest = Manifest(f"{at:%Y%m%dT%H%M%SZ}", "run", at, at, {"numbers": table})
        store.add_version(manifest)
        if show:
            store.switch(manifest.version)
    return manifest.version


def total(warehouse: Warehouse) -> int:
    [row] = warehouse.snapshot().rows("SELECT sum(n)::int AS total FROM numbers")
    value: int = row["total"]
    return value


def test_readers_see_what_was_published_last(store: Store) -> None:
    warehouse = Warehouse(store.folder)
    add(store, 1, [1, 2])
    assert total(warehouse) == 3
    add(store, 2, [1, 2], [10])
    assert total(warehouse) == 13
    assert warehouse.snapshot().as_of == NOON + timedelta(minutes=2)


def test_a_snapshot_in_hand_does_not_change(store: Store) -> None:
    add(store, 1, [1, 2])
    before = Warehouse(store.folder).snapshot()
    add(store, 2, [100])
    assert before.rows("SELECT sum(n)::int AS n FROM numbers") == [{"n": 3}]


def test_a_version_that_is_not_shown_is_seen_by_nobody(store: Store) -> None:
    add(store, 1, [1])
    add(store, 2, [100], show=False)
    assert total(Warehouse(store.folder)) == 1


def test_before_the_first_version_there_is_nothing_and_that_is_said(store: Store) -> None:
    with pytest.raises(NothingPublished, match="Nothing has been published yet"):
        Warehouse(store.folder).snapshot()
    publish.hold_back(store, "run", ["cents do not add up"], NOON)
    with pytest.raises(NothingPublished, match="cents do not add up"):
        Warehouse(store.folder).snapshot()


def test_a_build_held_back_is_told_with_the_version_that_is_shown(store: Store) -> None:
    version = add(store, 1, [1])
    publish.hold_back(store, "run-2", ["cents do not add up"], NOON)
    snapshot = Warehouse(store.folder).snapshot()
    assert snapshot.version == version
    assert snapshot.held_back == HeldBack("run-2", NOON, ["cents do not add up"])


def test_unchanged_files_are_shared_and_unused_ones_removed(store: Store) -> None:
    for minute in range(5):
        add(store, minute, [1, 2], [minute])
    files = store.folder / "files"
    assert len(list(files.iterdir())) == 6
    with store.writing():
        assert store.keep_last(2) == 3
    assert len(store.versions()) == 2
    assert total(Warehouse(store.folder)) == 7


def test_the_version_shown_is_kept_however_old(store: Store) -> None:
    old = add(store, 0, [1])
    for minute in range(1, 5):
        add(store, minute, [minute], show=False)
    with store.writing():
        store.keep_last(2)
    assert store.current() == old
    assert total(Warehouse(store.folder)) == 1


def test_going_back_shows_the_version_before_until_it_is_released(store: Store) -> None:
    first, second = add(store, 1, [1]), add(store, 2, [2])
    pin = publish.roll_back(store, None, "wrong prices", NOON)
    warehouse = Warehouse(store.folder)
    assert pin.version == warehouse.snapshot().version == first
    assert warehouse.snapshot().pin == pin
    assert publish.release(store) == second
    assert warehouse.snapshot().version == second
    assert warehouse.snapshot().pin is None


def test_going_back_to_a_version_that_is_gone_changes_nothing(store: Store) -> None:
    version = add(store, 1, [1])
    with pytest.raises(NoSuchVersion):
        publish.roll_back(store, "20200101T000000Z", "typo", NOON)
    assert store.current() == version
    assert store.pin() is None


def test_a_writer_that_dies_leaves_the_old_version_shown(store: Store) -> None:
    version = add(store, 1, [1])
    (store.folder / "current.999.new").write_text("half")
    (store.folder / "files" / "abc.parquet.999.new").write_bytes(b"half")
    assert store.current() == version
    with store.writing():
        store.keep_last(2)
    assert total(Warehouse(store.folder)) == 1


def test_many_threads_read_while_versions_change(store: Store) -> None:
    add(store, 0, [1])
    warehouse = Warehouse(store.folder)
    seen: list[int] = []
    start = Barrier(4)

    def read() -> None:
        start.wait()
        seen.extend(total(warehouse) for _ in range(20))

    threads = [Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    start.wait()
    for minute in range(1, 6):
        add(store, minute, [1])
    for thread in threads:
        thread.join()
    assert seen == [1] * 60


def test_a_reader_cannot_change_anything(store: Store) -> None:
    add(store, 1, [1])
    with (
        pytest.raises(duckdb.Error),
        Warehouse(store.folder).snapshot().cursor() as cursor,
    ):
        cursor.execute("DELETE FROM numbers")


def test_a_build_that_was_held_back_is_remembered_after_a_good_one(store: Store) -> None:
    for minute in range(HELD_BACK_KEPT + 2):
        at = NOON + timedelta(minutes=minute)
        publish.hold_back(store, f"run {minute}", ["fct_ticket is empty"], at)
    add(store, 1, [1])
    store.clear_held_back()
    warehouse = Warehouse(store.folder)
    assert warehouse.snapshot().held_back is None
    remembered = [one.run_id for one in warehouse.all_held_back()]
    assert remembered == [f"run {minute}" for minute in range(HELD_BACK_KEPT + 1, 1, -1)]


def test_versions_tell_their_history_the_newest_first(store: Store) -> None:
    first, second = add(store, 1, [1]), add(store, 2, [1, 2])
    history = Warehouse(store.folder).history()
    assert [one.version for one in history] == [second, first]


def test_a_version_that_was_written_before_grains_were_kept_is_still_read(store: Store) -> None:
    version = add(store, 1, [1])
    path = store.folder / "versions" / f"{version}.json"
    old = json.loads(path.read_bytes())
    for table in old["tables"].values():
        del table["grain"], table["sources"]
    path.write_text(json.dumps(old))
    table = store.manifest(version).tables["numbers"]
    assert (table.grain, table.sources, table.rows) == ("", [], 1)


def test_after_a_power_cut_a_version_has_its_files(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it consists of is on the disk before it is, and it before it is shown."""
    synced: list[str] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    version = add(store, 0, [1], [2])
    # Each under the name that it has until it is whole.
    names = [f"{file.name}.{os.getpid()}.new" for file in store.manifest(version).files]
    assert synced == [
        *names, "files", f"{version}.json.{os.getpid()}.new", "versions",
        f"current.{os.getpid()}.new", "warehouse",
    ]  # fmt: skip
