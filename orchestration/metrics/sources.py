"""Where numbers come from, each asked in a thread of its own: one that hangs holds up no other."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import httpx
import psycopg
import structlog

from orchestration.metrics.checks import Checks
from orchestration.metrics.signals import (
    SIGNALS,
    Sample,
    queue_samples,
    queue_sql,
    samples_of,
    targets_of,
)
from orchestration.reconciliation.promises import Database

STALE_SECONDS = 60.0
"""What was not told anew for so long is not told any more."""
TIMEOUT_SECONDS = 5

log = structlog.get_logger()


class Source:
    """Asked again and again; what it said last counts while it is fresh."""

    def __init__(self, name: str, look: Callable[[], Sequence[Sample]]) -> None:
        self.name = name
        self._look = look
        self._last: tuple[float, Sequence[Sample]] | None = None

    def ask(self) -> None:
        """One look; a source that is away keeps its last words until they are stale."""
        try:
            self._last = (time.monotonic(), self._look())
        except (psycopg.Error, httpx.HTTPError, OSError, ValueError) as error:
            log.warning("source_unavailable", source=self.name, error=type(error).__name__)
            self._last = None

    @property
    def samples(self) -> Sequence[Sample] | None:
        """None while it is away, or hangs."""
        last = self._last
        return last[1] if last and time.monotonic() - last[0] < STALE_SECONDS else None

    def watch(self, stop: threading.Event, seconds: float) -> threading.Thread:
        """Ask it every so many seconds until `stop`."""

        def keep_asking() -> None:
            self.ask()
            while not stop.wait(seconds):
                self.ask()

        thread = threading.Thread(target=keep_asking, name=self.name, daemon=True)
        thread.start()
        return thread


def database_source(database: Database, url: str) -> Source:
    """The signals of one database, and its queues."""
    return Source(database, lambda: list(_read(database, url)))


def checks_source(url: str) -> Source:
    """What Dagster's checks found."""
    return Source("dagster", Checks(url).look)


def _read(database: Database, url: str) -> Iterator[Sample]:
    now = datetime.now(UTC)
    with psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=TIMEOUT_SECONDS,
        application_name="metrics",
        options=f"-c statement_timeout={TIMEOUT_SECONDS * 1000}",
    ) as connection:
        for signal in SIGNALS:
            if signal.database == database:
                yield from samples_of(signal, connection.execute(signal.sql.encode()))
        for target in targets_of(database):
            rows = connection.execute(queue_sql(target).encode())
            yield from queue_samples(database, target, rows, now)
