"""What sysops says in these tests, and what the customer database shows then."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from api.messages import (
    PhoneTicketCreated,
    ServiceAddress,
    TicketProgress,
    TicketStatus,
    Window,
)
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.messaging import deliver, send

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WINDOW = Window(NOW + timedelta(days=1, hours=1), NOW + timedelta(days=1, hours=3))
HERE = ServiceAddress(
    line1="1 Congress Ave",
    city="Austin",
    state="TX",
    zip="78701",
    latitude=30.27,
    longitude=-97.74,
    time_zone="America/Chicago",
)


def progress(home: Household, version: int, status: TicketStatus, **more: Any) -> TicketProgress:
    promised = status in {"accepted", "in_progress"}
    facts: dict[str, Any] = {
        "ticket_id": home.ticket_id,
        "number": 100_042,
        "expert_name": "Eve Expert" if promised else None,
        "window": WINDOW if promised else None,
        "resolution": "New power board." if status in {"resolved", "closed"} else None,
    }
    return TicketProgress(
        version=version,
        status=status,
        at=NOW + timedelta(minutes=version),
        **(facts | more),
    )


def phone_ticket(home: Household, **more: Any) -> PhoneTicketCreated:
    facts: dict[str, Any] = {
        "ticket_id": uuid4(),
        "number": 100_050,
        "customer_id": home.account_id,
        "contract_id": home.contract_id,
        "address": HERE,
        "ticket_type": "laptop-repair",
        "description": "It does not start.",
        "priority": "normal",
        "preferred_windows": [WINDOW],
        "submitted_at": NOW,
        "version": 1,
        "status": "open",
    }
    return PhoneTicketCreated(**(facts | more))


async def hear(databases: Databases, *messages: Any) -> None:
    """Let sysops say it, and the relay carry it."""
    await send(databases, *messages)
    await deliver(databases, "sysops", "customer")


def ticket(databases: Databases, *columns: str) -> tuple[Any, ...]:
    return databases.rows("customer", f"SELECT {', '.join(columns)} FROM ticket")[0]


def timeline(databases: Databases) -> list[tuple[int, str]]:
    rows = databases.rows(
        "customer", "SELECT version, status FROM ticket_timeline ORDER BY version"
    )
    return [(row[0], row[1]) for row in rows]


def told(databases: Databases) -> list[tuple[str, str]]:
    """Kind and channel of what customers are told, in order."""
    return [
        (row[0], row[1])
        for row in databases.rows("customer", "SELECT kind, channel FROM notification ORDER BY id")
    ]


def pend(databases: Databases, kind: str) -> UUID:
    """Let a request of the customer wait for its answer."""
    request_id = uuid4()
    databases.execute(
        "customer",
        "UPDATE ticket SET pending_request = %s, pending_request_id = %s",
        kind,
        request_id,
    )
    return request_id
