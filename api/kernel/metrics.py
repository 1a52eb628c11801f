"""What a process counts, for Prometheus: requests, its connections, what its relay carried.

Several processes are one service (an API has workers), so each writes its numbers into files of
`PROMETHEUS_MULTIPROC_DIR`, and the process `metrics` adds them up. Without that folder they stay
in the process and nobody sees them. Labels are routes, channels and codes, never an id.
"""

import os
from contextlib import AbstractContextManager
from functools import cache
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import Pool, QueuePool

NO_ROUTE: Final = "none"
"""A path that leads nowhere: what it was is for its sender to know."""

_requests = Counter(
    "squad_http_requests",
    "Requests that were answered, by their route and the class of the answer.",
    ["service", "method", "route", "status"],
)
_seconds = Histogram(
    "squad_http_request_seconds",
    "How long answers took.",
    ["service", "method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_in_flight = Gauge(
    "squad_http_requests_in_flight",
    "Requests that are being answered.",
    ["service"],
    multiprocess_mode="livesum",
)
_pool = Gauge(
    "squad_pool_connections",
    "Connections to the database: in use, and the most there may be.",
    ["service", "state"],
    multiprocess_mode="livesum",
)
_messages = Counter(
    "squad_relay_messages",
    "Messages that a relay has handled: carried, failed (and tried again), held.",
    ["relay", "channel", "outcome"],
)


@cache
def service() -> str:
    """What this process is called; read when it is asked for, as processes are forked."""
    return os.environ.get("SQUAD_PROCESS", "squad")


def answered(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count a request by its route's template."""
    at = route or NO_ROUTE
    _requests.labels(service(), method, at, f"{status // 100}xx").inc()
    _seconds.labels(service(), method, at).observe(seconds)


def in_flight() -> AbstractContextManager[object]:
    """Counts among those that are being answered while it is open."""
    return _in_flight.labels(service()).track_inprogress()


def relayed(channel: str, outcome: str, count: int = 1) -> None:
    """Count messages of one channel; the service is the relay."""
    _messages.labels(service(), channel, outcome).inc(count)


def watch_pool(engine: AsyncEngine) -> None:
    """Tell at every moment how many connections of an engine are in use."""
    pool: Pool = engine.sync_engine.pool
    if not isinstance(pool, QueuePool):
        return
    in_use = _pool.labels(service(), "in_use")
    _pool.labels(service(), "most").set(pool.size())

    # Set anew each time: of a connection that was found dead only one of the two is told.
    event.listen(pool, "checkout", lambda *_: in_use.set(pool.checkedout()))
    # Told just before the pool has it back.
    event.listen(pool, "checkin", lambda *_: in_use.set(max(pool.checkedout() - 1, 0)))
