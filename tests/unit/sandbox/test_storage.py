import asyncio
import sqlite3
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from orchestration.local.sandbox.storage import Storage


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = Storage(tmp_path / "new folder" / "file.sqlite3")
    yield opened
    await asyncio.to_thread(opened.close)


def keep(name: str, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO secret VALUES (?, x'00')", (name,))


def names(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute("SELECT name FROM secret WHERE name <> 'fingerprint'")
    return {row["name"] for row in rows}


async def test_one_failing_piece_of_work_undoes_itself_alone(storage: Storage) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        keep("bad", connection)
        raise LookupError("mine")

    outcomes = await asyncio.gather(
        storage.run(lambda db: keep("before", db)),
        storage.run(fail),
        storage.run(lambda db: keep("after", db)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None)]
    assert await storage.run(names) == {"before", "after"}


async def test_what_was_answered_is_visible_to_another_reader_of_the_file(
    storage: Storage, tmp_path: Path
) -> None:
    await storage.run(lambda db: keep("told", db))
    other = sqlite3.connect(tmp_path / "new folder" / "file.sqlite3")
    other.row_factory = sqlite3.Row
    try:
        assert names(other) == {"told"}
    finally:
        other.close()


async def test_a_caller_who_gives_up_does_not_undo_the_work(storage: Storage) -> None:
    waiting = asyncio.create_task(storage.run(lambda db: keep("kept", db)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await storage.run(names) == {"kept"}


async def test_a_thousand_callers_share_commits_and_each_gets_its_own_answer(
    storage: Storage,
) -> None:
    def doubled(number: int, connection: sqlite3.Connection) -> int:
        return int(connection.execute("SELECT 2 * ?", (number,)).fetchone()[0])

    answers = await asyncio.gather(
        *(storage.run(partial(doubled, number)) for number in range(1000))
    )
    assert answers == [2 * number for number in range(1000)]
