"""What the tests of tickets and visits do and look at again and again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from api.kernel.messages import decode_envelope
from api.messages import TicketProgress, Window
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.service import load
from tests.databases import Databases
from tests.messaging import queued

HOUR = timedelta(hours=1)


async def proposed(
    databases: Databases, ticket_id: UUID, expert_id: UUID, begins_in: timedelta = HOUR / 4
) -> str:
    """Propose the expert as the assignment job did an hour ago; answers with the visit's id."""
    now = datetime.now(UTC)
    window = Window(now + begins_in, now + begins_in + 2 * HOUR)
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        ticket = await load(session, ticket_id)
        proposal = Proposal(ticket_id, expert_id, window, travel_km=3.2, cost=120)
        made = await propose(session, ticket, proposal, None, now - HOUR + HOUR / 4)
        return str(made.id)


def time_passes(databases: Databases, visit: str, by: timedelta) -> None:
    """The visit's window lies that much earlier, seen from now."""
    for table, key in (("assignment", "id"), ("booking", "assignment_id")):
        databases.execute(
            "sysops",
            f"UPDATE {table} SET during ="
            f" tstzrange(lower(during) - %s, upper(during) - %s) WHERE {key} = %s",
            by,
            by,
            visit,
        )


def status_of(databases: Databases, ticket_id: UUID) -> tuple[str, int]:
    rows = databases.rows("sysops", "SELECT status, version FROM ticket WHERE id = %s", ticket_id)
    return rows[0][0], rows[0][1]


def progress(databases: Databases) -> list[TicketProgress]:
    """What the customer quantum will hear."""
    return [
        msgspec.json.decode(decode_envelope(payload).body, type=TicketProgress)
        for channel, payload in queued(databases, "sysops", "customer")
        if channel == "ticket_progress"
    ]


def events(databases: Databases) -> list[tuple[str, str, str]]:
    """Every event: what was done, by whom, and the status after it."""
    rows = databases.rows(
        "sysops", "SELECT action, actor, to_status FROM ticket_event ORDER BY version"
    )
    return [(row[0], row[1], row[2]) for row in rows]


def told_staff(databases: Databases) -> list[str]:
    """The kinds of what staff are told, in order."""
    return [row[0] for row in databases.rows("sysops", "SELECT kind FROM notification ORDER BY id")]
