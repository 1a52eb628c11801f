"""One SQLite file, owned by one thread; whoever waits together is committed together.

A provider may answer only what is on disk, and a commit is the slow part of a charge. So the
thread takes all work that is waiting, runs each piece in its own savepoint, commits once
(`synchronous=FULL`), and only then lets the callers go on. One thread also means that two charges
with the same key cannot meet: the second sees what the first wrote.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

# Enough to share a commit among every caller of a busy billing run, small enough to answer soon.
LARGEST_BATCH = 256


class Storage:
    """The file at `path`, created with its folder when it is not there.

    Raises:
        sqlite3.DatabaseError: the file cannot be opened or is not a database.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _connect(path)
        self._waiting: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="sandbox-storage", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Give `work` the connection inside a transaction; return its result once it is on disk.

        Raises:
            Exception: whatever `work` raised; its own writes are then undone, nobody else's.
        """
        done: Future[T] = Future()
        self._waiting.put((work, done))
        # Shielded: a caller who gives up must not undo what the thread is about to commit.
        return await asyncio.shield(asyncio.wrap_future(done))

    def close(self) -> None:
        """Finish what waits, then close the file."""
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        last = False
        while not last:
            batch = [self._waiting.get()]
            while len(batch) < LARGEST_BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            last = None in batch
            _commit_together(self._connection, [job for job in batch if job is not None])


def _connect(path: Path) -> sqlite3.Connection:
    # The storage thread is the only user after this function; the check would forbid the handover.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
    connection.executescript(schema)
    return connection


def _commit_together(connection: sqlite3.Connection, jobs: list[tuple[Work, Future[Any]]]) -> None:
    finished: list[tuple[Future[Any], Any]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for work, done in jobs:
            connection.execute("SAVEPOINT job")
            try:
                finished.append((done, work(connection)))
            except Exception as error:  # noqa: BLE001 - it belongs to the caller, who raises it
                connection.execute("ROLLBACK TO job")
                done.set_exception(error)
            connection.execute("RELEASE job")
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        _fail_all(connection, jobs, error)
        return
    for done, result in finished:
        done.set_result(result)


def _fail_all(
    connection: sqlite3.Connection, jobs: list[tuple[Work, Future[Any]]], error: sqlite3.Error
) -> None:
    """Nothing of a batch is true when its commit failed (a full disk, say)."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    for _, done in jobs:
        if not done.done():
            done.set_exception(error)
