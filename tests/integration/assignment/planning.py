"""Runs that have decided and not written yet, made by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from api.messages import Window
from api.sysops.tickets.proposals import Proposal, propose
from api.sysops.tickets.service import load
from orchestration.assignment import referee
from orchestration.assignment.write import Planned, write
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets
from tests.world import furnish

CHANGED = "The ticket changed while the run was at work."
RUN = """
INSERT INTO assignment_run (started_at, as_of, status, policy)
VALUES (now(), now(), 'running', 'balanced') RETURNING id
"""
_ZONE = ZoneInfo("America/Chicago")
_DAY = datetime.now(_ZONE).date() + timedelta(days=2)
HOURS = (8, 10, 13, 15)


def window(hour: int, day: int = 0) -> Window:
    """Two hours from `hour` on, in Austin, on the day after tomorrow or `day` days later."""
    start = datetime.combine(_DAY + timedelta(days=day), time(hour), _ZONE)
    return Window(start, start + timedelta(hours=2))


@dataclass
class Planning:
    """Open tickets in Austin, in the order of their submission, and a run about to write."""

    databases: Databases
    tickets: list[UUID]
    run_id: UUID
    now: datetime

    @classmethod
    async def begin(cls, databases: Databases, tickets: int) -> "Planning":
        furnish(databases)
        opened = [one.ticket_id for one in await open_tickets(databases, tickets)]
        ((run_id,),) = databases.rows("sysops", RUN)
        return cls(databases, opened, run_id, datetime.now(UTC))

    def plan(self, *chosen: tuple[int, UUID, Window]) -> list[Planned]:
        """Ticket (by its place), expert and window."""
        return [
            Planned(Proposal(self.tickets[place], expert, when, travel_km=3.2, cost=120), version=1)
            for place, expert, when in chosen
        ]

    async def write(self, planned: list[Planned], **more: Any) -> dict[int, str]:
        """Why each of those was skipped that was, by the ticket's place."""
        async with self.databases.sessions("sysops", "assigner") as sessions:
            skipped = await write(sessions, self.run_id, planned, self.now, **more)
        return {self.tickets.index(ticket): words for ticket, words in skipped.items()}

    async def propose(self, one: Planned) -> None:
        """The same for one, in a transaction of its own."""
        sessions = self.databases.sessions("sysops", "assigner")
        async with sessions as opened, opened.begin() as session:
            ticket = await load(session, one.proposal.ticket_id)
            await propose(session, ticket, one.proposal, self.run_id, self.now)

    def written(self) -> set[int]:
        """The places of the tickets that are assigned: each has all of its rows and messages."""
        found = [
            sorted(self.tickets.index(UUID(str(ticket))) for (ticket,) in rows)
            for rows in (self.databases.rows("sysops", query) for query in _TRACES)
        ]
        assert all(places == found[0] for places in found)
        assert len(set(found[0])) == len(found[0])
        return set(found[0])

    async def wrong(self) -> dict[str, int]:
        """Which hard rules are broken, and how often."""
        async with self.databases.sessions("sysops", "assigner") as opened, opened() as session:
            return {name: count for name, count in (await referee.verify(session)).items() if count}


# Whatever tells that a ticket was given to somebody by a run.
_TRACES = (
    """SELECT id FROM ticket WHERE status = 'assigned' AND version = 2""",
    """SELECT ticket_id FROM assignment WHERE run_id IS NOT NULL AND status = 'proposed'""",
    """SELECT ticket_id FROM ticket_event WHERE action = 'assign'""",
    """SELECT ticket_id FROM booking JOIN assignment a ON a.id = assignment_id
       WHERE run_id IS NOT NULL""",
    """SELECT ticket_id FROM notification WHERE kind = 'visit_proposed'""",
    """SELECT n.ticket_id FROM to_sysops.pgqueuer q
       JOIN notification n ON n.id = (q.headers ->> 'subject')::uuid""",
    """SELECT headers ->> 'subject' FROM to_customer.pgqueuer
       WHERE convert_from(payload, 'UTF8')::jsonb -> 'body' ->> 'status' = 'assigned'""",
)
