"""What is asked of the databases, as data: how the business stands, by a few cheap counts.

All of it follows open work (an index each), never history. The role `watcher` runs it, and may
read nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.reconciliation.promises import QUEUES, Database
from orchestration.reconciliation.reading import TRAFFIC


@dataclass(frozen=True)
class Signal:
    """A gauge: `sql` answers its labels' values and the value."""

    name: str
    help: str
    database: Database
    sql: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One value of a gauge, at the moment of the look."""

    name: str
    help: str
    labels: tuple[tuple[str, str], ...]
    value: float


SIGNALS = (
    Signal(
        "squad_tickets",
        "Tickets that are not over, by state.",
        "sysops",
        """
        SELECT status, count(*) FROM ticket
        WHERE status NOT IN ('closed', 'cancelled') GROUP BY status
        """,
        ("state",),
    ),
    Signal(
        "squad_oldest_unassigned_seconds",
        "How long the oldest ticket without an expert is open, or open again; 0 without any.",
        "sysops",
        """
        SELECT coalesce(extract(epoch FROM now() - min(coalesce(reopened.at, submitted_at))), 0)
        FROM ticket LEFT JOIN LATERAL (
            SELECT max(at) AS at FROM ticket_event
            WHERE ticket_id = ticket.id AND action = 'reopen'
        ) AS reopened ON true
        WHERE status IN ('open', 'escalated')
        """,
    ),
    Signal(
        "squad_schedules_watched_timestamp_seconds",
        "When somebody last looked whether the schedules run.",
        "sysops",
        "SELECT extract(epoch FROM looked_at) FROM schedule_watch",
    ),
    Signal(
        "squad_unsettled_charges",
        "Charges of which nobody knows yet how they ended.",
        "billing",
        "SELECT count(*) FROM payment WHERE status IN ('intent', 'unknown')",
    ),
    Signal(
        "squad_oldest_unsettled_charge_seconds",
        "Age of the oldest charge of which nobody knows how it ended; 0 when there is none.",
        "billing",
        """
        SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM payment
        WHERE status IN ('intent', 'unknown')
        """,
    ),
    Signal(
        "squad_wal_archive_failing",
        "1 while the server cannot archive its WAL: the last try failed.",
        "customer",
        """
        SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false)::int
        FROM pg_stat_archiver
        """,
    ),
)
QUEUE_MESSAGES = ("squad_queue_messages", "Messages in a queue: waiting, or held as dead letters.")
QUEUE_OLDEST = ("squad_queue_oldest_seconds", "Age of the oldest message that waits; 0 for none.")


def samples_of(signal: Signal, rows: Iterable[Any]) -> Iterator[Sample]:
    """The values of a signal, from what its SQL answers."""
    for *labels, value in rows:
        named = tuple(zip(signal.labels, map(str, labels), strict=True))
        yield Sample(signal.name, signal.help, named, float(value))


def queue_sql(target: str) -> str:
    """What conservation asks of a queue, too."""
    return TRAFFIC.format(target=target)


def queue_samples(source: str, target: str, rows: Iterable[Any], now: datetime) -> list[Sample]:
    """A queue's channels together: an empty queue is a zero, and not nothing."""
    waiting = held = 0
    oldest = now
    for _, waits, holds, since in rows:
        waiting, held = waiting + waits, held + holds
        # What is to be carried later is not late.
        oldest = min(oldest, since.astimezone(UTC) if since else now)
    queue = ("queue", f"{source}-{target}")
    return [
        Sample(*QUEUE_MESSAGES, (queue, ("state", "waiting")), waiting),
        Sample(*QUEUE_MESSAGES, (queue, ("state", "held")), held),
        Sample(*QUEUE_OLDEST, (queue,), (now - oldest).total_seconds()),
    ]


def targets_of(database: Database) -> tuple[str, ...]:
    """The queues of a database."""
    return QUEUES[database]
