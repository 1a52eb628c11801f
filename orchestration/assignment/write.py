"""Writes what a run decided: checked against the present, as sets, in batches of experts.

Whatever dies on the way, a batch is whole or not there, and the next run goes on. Tickets that
somebody holds are never waited for, and experts are locked after them, as everybody does.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import load_only

from api.kernel.database import is_busy, is_taken
from api.sysops.catalogue import service as catalogue
from api.sysops.catalogue.tables import TicketType
from api.sysops.experts import days
from api.sysops.experts.profiles import needed_skills, profiles_of
from api.sysops.experts.rules import Profile, Visit, why_wrong
from api.sysops.experts.tables import Expert
from api.sysops.experts.workload import Day, Workload, workload_of
from api.sysops.tickets.entitlements import in_force
from api.sysops.tickets.proposals import Proposal, propose_all
from api.sysops.tickets.tables import Ticket

EXPERTS_A_BATCH = 50
BATCHES_AT_ONCE = 2
"""While the database works on one, the next is prepared; no two share a ticket or an expert."""
# What a proposal reads of its ticket: nobody's name, number or words.
READ = load_only(
    Ticket.number,
    Ticket.contract_id,
    Ticket.status,
    Ticket.version,
    Ticket.priority,
    Ticket.ticket_type,
    Ticket.city,
    Ticket.zip,
    Ticket.latitude,
    Ticket.longitude,
    Ticket.time_zone,
    Ticket.resolved_at,
    Ticket.resolution,
    Ticket.earliest_visit_at,
    Ticket.customer_absences,
    Ticket.expert_absences,
    raiseload=True,
)


@dataclass(frozen=True)
class Planned:
    """What a run decided for a ticket, whose `version` was this when the run read it."""

    proposal: Proposal
    version: int


Chosen = tuple[Ticket, Proposal]


async def write(
    sessions: async_sessionmaker[AsyncSession],
    run_id: UUID,
    planned: Sequence[Planned],
    now: datetime,
    *,
    experts_a_batch: int = EXPERTS_A_BATCH,
    at_once: int = BATCHES_AT_ONCE,
) -> dict[UUID, str]:
    """Write the proposals; returns the tickets that were skipped, and why.

    One transaction a batch of experts, each with all that is planned for them. The first error
    is raised and ends the other transaction too; what was committed before stands.
    """
    skipped: dict[UUID, str] = {}
    batches = _batches(planned, experts_a_batch)

    async def one_after_the_other() -> None:
        for batch in batches:  # shared: each takes the next that nobody has
            async with sessions.begin() as session:
                refused = await _write_batch(session, run_id, batch, now)
            skipped.update(refused)

    try:
        async with asyncio.TaskGroup() as together:
            for _ in range(at_once):
                together.create_task(one_after_the_other())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return skipped


def _batches(planned: Sequence[Planned], experts_a_batch: int) -> Iterator[list[Planned]]:
    by_expert: defaultdict[UUID, list[Planned]] = defaultdict(list)
    for one in planned:
        by_expert[one.proposal.expert_id].append(one)
    experts = sorted(by_expert)
    for start in range(0, len(experts), experts_a_batch):
        batch = experts[start : start + experts_a_batch]
        yield [one for expert in batch for one in by_expert[expert]]


async def _write_batch(
    session: AsyncSession, run_id: UUID, batch: Sequence[Planned], now: datetime
) -> dict[UUID, str]:
    present = await _hold(session, [one.proposal for one in batch], now)
    chosen: list[Chosen] = []
    skipped: dict[UUID, str] = {}
    for one in sorted(batch, key=present.importance):
        if objection := present.objection(one):
            skipped[one.proposal.ticket_id] = objection
        else:
            chosen.append((present.take(one.proposal), one.proposal))
    return skipped | await _propose(session, run_id, chosen, now)


async def _propose(
    session: AsyncSession, run_id: UUID, chosen: Sequence[Chosen], now: datetime
) -> dict[UUID, str]:
    """Propose all at once; what the database refuses again in smaller parts, down to what it is."""
    if not chosen:
        return {}
    try:
        async with session.begin_nested():
            await propose_all(session, chosen, run_id, now)
    except IntegrityError as refusal:
        if not is_taken(refusal):
            raise
        if len(chosen) == 1:
            words = "The ticket or the expert's window was taken while the run was at work."
            return {chosen[0][1].ticket_id: words}
        skipped: dict[UUID, str] = {}
        for part in _parts(chosen):
            skipped |= await _propose(session, run_id, part, now)
        return skipped
    return {}


def _parts(chosen: Sequence[Chosen]) -> Iterator[Sequence[Chosen]]:
    """Expert by expert; of one expert, one by one."""
    experts = [list(own) for _, own in groupby(chosen, key=lambda one: one[1].expert_id)]
    if len(experts) > 1:
        yield from experts
    else:
        yield from ([one] for one in chosen)


@dataclass(frozen=True)
class _Present:
    """Tickets and experts as they are now and stay until the end of the transaction.

    `entitled` are the contracts in force. `minutes` is how long a ticket type's work takes.
    `given` are the visits that this transaction has taken for each day.
    """

    tickets: Mapping[UUID, Ticket]
    entitled: Collection[UUID]
    experts: Mapping[UUID, Profile]
    needed: Mapping[str, Mapping[str, int]]
    minutes: Mapping[str, int]
    work: Workload
    given: defaultdict[Day, list[days.Visit]]

    def importance(self, one: Planned) -> tuple[UUID, int, datetime, UUID]:
        """By expert, and of one expert first what must not be the one to find the day full."""
        proposal = one.proposal
        ticket = self.tickets.get(proposal.ticket_id)
        rank = -days.LEAST_IMPORTANT_FIRST.index(ticket.priority) if ticket else 0
        return proposal.expert_id, rank, proposal.window.start, proposal.ticket_id

    def objection(self, one: Planned) -> str | None:
        """Why a proposal may not be made any more; None when it may."""
        proposal = one.proposal
        ticket = self.tickets.get(proposal.ticket_id)
        expert = self.experts.get(proposal.expert_id)
        if ticket is None or ticket.version != one.version:
            return "The ticket changed while the run was at work."
        if ticket.contract_id not in self.entitled:
            return "The contract went out of force while the run was at work."
        if expert is None:
            return "Somebody else was busy with the expert while the run was at work."
        window = proposal.window
        visit = Visit(
            window.start,
            window.end,
            ticket.latitude,
            ticket.longitude,
            self.needed[ticket.ticket_type],
        )
        if wrong := why_wrong(expert, visit):
            return f"While the run was at work this changed: {wrong}"
        return self._objection_of_day(ticket, proposal)

    def _objection_of_day(self, ticket: Ticket, proposal: Proposal) -> str | None:
        day = self.work.day(proposal.expert_id, proposal.window.start)
        before = [*(it.visit for it in self.work.live[day]), *self.given[day]]
        if self.work.room(day) <= len(before):
            return "The expert's day became full while the run was at work."
        if not days.can_be_done([*before, self._of_day(ticket, proposal)]):
            return "The expert's day became too long to drive while the run was at work."
        return None

    def take(self, proposal: Proposal) -> Ticket:
        """Count the visit in the expert's day; returns its ticket."""
        ticket = self.tickets[proposal.ticket_id]
        day = self.work.day(proposal.expert_id, proposal.window.start)
        self.given[day].append(self._of_day(ticket, proposal))
        return ticket

    def _of_day(self, ticket: Ticket, proposal: Proposal) -> days.Visit:
        work = timedelta(minutes=self.minutes[ticket.ticket_type])
        window = proposal.window
        return days.Visit(window.start, window.end, ticket.latitude, ticket.longitude, work)


async def _hold(session: AsyncSession, proposals: Sequence[Proposal], now: datetime) -> _Present:
    await catalogue.stand_still(session)
    # What somebody else holds is about to change: waiting for it would only be in the way.
    found = await session.scalars(
        select(Ticket)
        .options(READ)
        .where(Ticket.id.in_([one.ticket_id for one in proposals]))
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    tickets = {ticket.id: ticket for ticket in found}
    experts = await _hold_experts(session, {one.expert_id for one in proposals})
    types = {ticket.ticket_type for ticket in tickets.values()}
    lengths = select(TicketType.code, TicketType.duration_minutes)
    return _Present(
        tickets,
        await in_force(session, {ticket.contract_id for ticket in tickets.values()}),
        await profiles_of(session, experts),
        await needed_skills(session, types),
        {it.code: it.duration_minutes for it in await session.execute(lengths)},
        await workload_of(session, experts, now),
        defaultdict(list),
    )


async def _hold_experts(session: AsyncSession, ids: Collection[UUID]) -> Collection[UUID]:
    """Lock experts; one whom somebody holds for long must not hold up the others, and is left."""
    query = select(Expert.id).where(Expert.id.in_(ids)).order_by(Expert.id)
    try:
        async with session.begin_nested():
            held = await session.scalars(query.with_for_update(key_share=True))
    except DBAPIError as error:
        if not is_busy(error):
            raise
        held = await session.scalars(query.with_for_update(key_share=True, skip_locked=True))
    return held.all()
