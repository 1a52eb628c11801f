"""Looking for somebody who could come to a ticket: reads, decides nothing, changes nothing."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, NotFound
from api.sysops.assignment import candidates
from api.sysops.assignment.hard_rules import Wanted
from api.sysops.assignment.options import Change, Fitting, Horizon, nobody_skilled, options
from api.sysops.assignment.service import policy_in_use
from api.sysops.experts.profiles import profiles_of
from api.sysops.experts.rules import Rule
from api.sysops.tickets import visit_rules
from api.sysops.tickets.tables import Assignment, Ticket

LOOKED_FOR = frozenset({"open", "escalated", "assigned", "accepted"})


@dataclass(frozen=True)
class Found:
    """Who could come to a ticket, and what would have to change.

    `before` is what has to happen whoever comes. `removed` counts experts by the rule that takes
    them out; `not_considered` are those farther away than the experts that were looked at.
    """

    ticket: Ticket
    before: list[str]
    fitting: list[Fitting]
    changes: list[Change]
    experts: int
    removed: dict[Rule, int]
    not_considered: int


async def find(session: AsyncSession, ticket_id: UUID, now: datetime) -> Found:
    """The options of a ticket that somebody could come to; raises NotFound and Conflict."""
    ticket = await session.get(Ticket, ticket_id)
    if ticket is None:
        raise NotFound("There is no such ticket.")
    if ticket.status not in LOOKED_FOR:
        status = ticket.status.replace("_", " ")
        raise Conflict(f"Nobody is looked for: the ticket is {status}.")
    return await look(session, ticket, now)


async def look(session: AsyncSession, ticket: Ticket, now: datetime) -> Found:
    """The options of a ticket, over the horizon of the policy in use."""
    policy = (await policy_in_use(session)).policy
    wanted = await candidates.wanted_of(session, ticket)
    standing = await session.scalar(
        select(Assignment.id).where(
            Assignment.ticket_id == ticket.id, Assignment.status.in_(("proposed", "accepted"))
        )
    )
    counts = await candidates.counts(session, ticket)
    ids = await candidates.nearest(session, ticket)
    people = await candidates.people(session, ids, ticket.id, now, apart_from=standing)
    soonest = now + timedelta(minutes=policy.lead_minutes)
    horizon = Horizon(now, soonest, policy.horizon_working_days)
    # The contract is no expert's matter: it is told once, and not of each of them. Two hundred
    # experts take a tenth of a second, in which others are answered.
    found = await asyncio.to_thread(options, people, replace(wanted, entitled=True), horizon)
    removed: Counter[Rule] = Counter(found.removed)
    if counts.unskilled:
        removed["skill"] += counts.unskilled
    changes = found.changes
    if not people:
        changes = [await _unskilled(session, ticket, wanted)]
    return Found(
        ticket=ticket,
        before=_before(ticket, wanted),
        fitting=found.fitting,
        changes=changes,
        experts=counts.active,
        removed=dict(removed.most_common()),
        not_considered=counts.within + counts.beyond - len(people),
    )


def _before(ticket: Ticket, wanted: Wanted) -> list[str]:
    words = []
    if not wanted.entitled:
        words.append("The contract is not in force: the customer can renew it or pay first.")
    if visit_rules.someone_must_call(ticket.customer_absences):
        absences = f"Nobody was at home at {ticket.customer_absences} visits"
        words.append(f"{absences}: call the customer and agree on a time first.")
    return words


async def _unskilled(session: AsyncSession, ticket: Ticket, wanted: Wanted) -> Change:
    """That nobody who is active can do the work, and who comes nearest to it."""
    near = await candidates.nearest_unskilled(session, ticket)
    profiles = await profiles_of(session, [expert_id for expert_id, _ in near])
    levels = {
        name: {skill: level for skill, (level, _) in profiles[expert_id].skills.items()}
        for expert_id, name in near
    }
    return nobody_skilled(wanted.needed, levels)
