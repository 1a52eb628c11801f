"""Tickets that nobody comes to are handed to people: escalated, with what could be done.

A part of every assignment run. Each ticket is a transaction of its own, whole or not at all, and
one that is escalated is not open any more: to do it again does nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.messages import Window
from api.sysops.assignment import looking
from api.sysops.assignment.escalation_rules import ALL, Ahead, Search, escalation
from api.sysops.assignment.hard_rules import OUT
from api.sysops.assignment.service import policy_in_use
from api.sysops.holidays.tables import Holiday
from api.sysops.notifications.service import notify_managers
from api.sysops.tickets import service
from api.sysops.tickets.rules import Escalation
from api.sysops.tickets.tables import Ticket
from api.sysops.tickets.visit_rules import in_words

MOST_A_RUN = 50
"""Each costs a look at its options; what is left is the next run's."""
SHOWN = 5
"""Experts and changes that a mail names."""

# Open tickets whose contract is in force: one that is not served for that reason is no search.
# With a parameter it is planned anew each time: planned once, when the tables of a new system were
# empty, it read them whole for each ticket after its first big run.
_OPEN = text("""
SELECT t.id, t.version, t.priority, t.sla_due_at, t.earliest_visit_at, t.preferred_windows,
       t.time_zone,
       (SELECT max(e.at) FROM ticket_event e WHERE e.ticket_id = t.id AND e.to_status = 'open'
           AND (e.from_status IS DISTINCT FROM 'open' OR e.action = 'reschedule')) AS since,
       (SELECT d.outcome FROM assignment_decision d WHERE d.ticket_id = t.id
           ORDER BY d.run_id DESC LIMIT 1) AS decided,
       (SELECT count(*) FROM assignment a WHERE a.ticket_id = t.id
           AND a.status IN ('rejected', 'expired') AND a.decided_at > coalesce(
               (SELECT max(e.at) FROM ticket_event e
                WHERE e.ticket_id = t.id AND e.action = 'reopen'), '-infinity')) AS refusals
FROM ticket t JOIN entitlement c ON c.contract_id = t.contract_id
WHERE t.status = 'open' AND (c.status = 'active' OR c.replaced_by IS NOT NULL)
  AND c.standing = 'good' AND t.submitted_at <= :now
ORDER BY t.submitted_at, t.id
""")


@dataclass(frozen=True)
class Due:
    """A ticket to escalate, if it is still what it was."""

    ticket_id: UUID
    version: int
    code: Escalation
    words: str


async def escalate(
    sessions: async_sessionmaker[AsyncSession],
    now: datetime,
    *,
    only: Collection[Escalation] = ALL,
) -> int:
    """Escalate the open tickets that are due for it, and tell managers of each; returns how many.

    What others hold, or have changed meanwhile, is left to the next run.
    """
    due: list[Due] = []
    async with sessions() as session:
        working_days = (await policy_in_use(session)).policy.horizon_working_days
        holidays = frozenset(await session.scalars(select(Holiday.day)))
        ahead = Ahead(working_days, holidays)
        for row in await session.execute(_OPEN, {"now": now}):
            reason = escalation(_search(row, now), now, ahead, only)
            if reason is not None:
                due.append(Due(row.id, row.version, *reason))
    escalated = 0
    for one in due[:MOST_A_RUN]:
        async with sessions.begin() as session:
            escalated += await _escalate(session, one, now)
    return escalated


def _search(row: Any, now: datetime) -> Search:
    windows = msgspec.convert(row.preferred_windows, list[Window])
    wishes = [min((it.start for it in windows), default=None), row.earliest_visit_at]
    wish = max((it for it in wishes if it is not None), default=None)
    return Search(
        priority=row.priority,
        since=row.since or now,
        unserved=row.decided == "unserved",
        refusals=row.refusals,
        due=row.sla_due_at,
        wish=wish and wish.astimezone(ZoneInfo(row.time_zone)),
    )


async def _escalate(session: AsyncSession, due: Due, now: datetime) -> bool:
    lock = {"key_share": True, "skip_locked": True}
    ticket = await session.get(Ticket, due.ticket_id, with_for_update=lock)
    if ticket is None or (ticket.status, ticket.version) != ("open", due.version):
        return False
    found = await looking.look(session, ticket, now)
    await service.transition(
        session, ticket, "escalate", service.SYSTEM, now, reason=due.words, escalation=due.code
    )
    await notify_managers(
        session,
        "ticket_escalated",
        cause=f"{ticket.id}/{ticket.version}",
        context={"number": ticket.number, "why": due.words, **_in_words(found)},
        ticket_id=ticket.id,
        now=now,
    )
    return True


def _in_words(found: looking.Found) -> dict[str, list[str]]:
    """What a mail says of a ticket's options."""
    zone = found.ticket.time_zone
    can_come = [
        f"{it.person.name} ({it.road_km:.0f} km), {in_words(it.windows[0], zone)}"
        for it in found.fitting[:SHOWN]
    ]
    return {
        "before": found.before,
        "can_come": can_come,
        "changes": [it.words for it in found.changes[:SHOWN]],
        "removed": [f"{count} {OUT[rule]}" for rule, count in found.removed.items()],
    }
