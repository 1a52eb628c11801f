"""One run: read, build, solve, write, with its evidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.messages import Window
from api.sysops.catalogue import service as catalogue
from api.sysops.experts.profiles import needed_skills, profiles_of
from api.sysops.experts.rules import Profile, Visit, why_wrong
from api.sysops.experts.tables import Expert
from api.sysops.experts.workload import Day, workload_of
from api.sysops.tickets.missed import withdraw_missed
from api.sysops.tickets.proposals import Proposal, expire_silent, propose
from api.sysops.tickets.tables import AssignmentDecision, AssignmentRun, Ticket
from orchestration.assignment import escalation, explain, snapshot
from orchestration.assignment.policy import Policy
from orchestration.assignment.problem import Problem, build
from orchestration.assignment.solve import Solution, solve

RUN_LOCK = 5_047_001
"""Advisory lock: two runs never work at the same time."""
BATCH = 50

Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True)
class Outcome:
    """What a run did; `skipped` changed since the snapshot and re-enter the next run."""

    run_id: UUID
    expired: int
    missed: int
    tickets: int
    windows: int
    edges: int
    assigned: int
    unserved: int
    not_entitled: int
    skipped: int
    repairs: int
    objective: int

    def as_metadata(self) -> dict[str, Any]:
        return {**asdict(self), "run_id": str(self.run_id)}


class AlreadyRunning(Exception):
    """Another run holds the lock; this one did nothing."""


async def assign(sessions: Sessions, now: datetime, policy: Policy | None = None) -> Outcome:
    """Propose an expert for every open ticket that one can be found for.

    Raises AlreadyRunning. If it dies, what is written stands and the next run goes on: every
    proposal is whole (assignment, booking, event, messages) or not there.
    """
    policy = policy or Policy()
    async with sessions() as guard:
        # Held outside a transaction: one left open that long would be ended by its timeout.
        await guard.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        if not await guard.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RUN_LOCK}):
            raise AlreadyRunning("Another assignment run is in progress.")
        try:
            return await _run(sessions, now, policy)
        finally:
            await guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RUN_LOCK})


async def _run(sessions: Sessions, now: datetime, policy: Policy) -> Outcome:
    begun = monotonic()
    async with sessions.begin() as session:
        expired = await expire_silent(session, now)
    async with sessions.begin() as session:
        missed = await withdraw_missed(session, now)
    await escalation.escalate(sessions, now, only={"refused"})
    run = await _begin(sessions, now, policy)
    async with sessions.begin() as session:
        # One view of the database for the whole input.
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        taken = await snapshot.read(session, now, policy.horizon_days)
        barred = await snapshot.not_entitled(session)
    problem = build(taken, policy)
    solution = solve(problem)
    skipped = await _write(sessions, run.id, problem, solution, now)
    served = int((solution.edge >= 0).sum())
    outcome = Outcome(
        run_id=run.id,
        expired=expired,
        missed=missed,
        tickets=len(taken.tickets),
        windows=len(problem.slots),
        edges=len(problem.ticket),
        assigned=served - len(skipped),
        unserved=len(taken.tickets) - served,
        not_entitled=len(barred),
        skipped=len(skipped),
        repairs=solution.repairs,
        objective=solution.objective,
    )
    async with sessions.begin() as session:
        await _record(session, run.id, problem, solution, skipped, barred)
        await session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.id == run.id)
            .values(
                finished_at=now + timedelta(seconds=monotonic() - begun),
                status="finished",
                tickets=outcome.tickets,
                windows=outcome.windows,
                edges=outcome.edges,
                assigned=outcome.assigned,
                skipped=outcome.skipped,
                objective=outcome.objective,
            )
        )
    await escalation.escalate(sessions, now)
    return outcome


async def _begin(sessions: Sessions, now: datetime, policy: Policy) -> AssignmentRun:
    """A new run's row; one that is still said to be running died, for the lock was free."""
    async with sessions.begin() as session:
        await session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.status == "running")
            .values(status="failed", finished_at=now)
        )
        run = AssignmentRun(started_at=now, as_of=now, status="running", policy=policy.name)
        session.add(run)
    return run


async def _write(
    sessions: Sessions, run_id: UUID, problem: Problem, solution: Solution, now: datetime
) -> dict[int, str]:
    """Write the proposals in batches; returns the tickets that were skipped, and why."""
    skipped: dict[int, str] = {}
    served = [number for number, edge in enumerate(solution.edge) if edge >= 0]
    for start in range(0, len(served), BATCH):
        async with sessions.begin() as session:
            batch = served[start : start + BATCH]
            skipped |= await _write_batch(session, run_id, problem, solution, batch, now)
    return skipped


async def _write_batch(
    session: AsyncSession,
    run_id: UUID,
    problem: Problem,
    solution: Solution,
    batch: Sequence[int],
    now: datetime,
) -> dict[int, str]:
    await catalogue.stand_still(session)
    ids = [problem.snapshot.tickets[number].id for number in batch]
    # What somebody else holds is about to change: waiting for it would only be in the way.
    found = await session.scalars(
        select(Ticket).where(Ticket.id.in_(ids)).with_for_update(skip_locked=True, key_share=True)
    )
    tickets = {ticket.id: ticket for ticket in found}
    proposals = {number: _proposal(problem, int(solution.edge[number])) for number in batch}
    experts = await _hold_experts(session, {one.expert_id for one in proposals.values()})
    needed = await needed_skills(session, {ticket.ticket_type for ticket in tickets.values()})
    work = await workload_of(session, experts.keys(), now)
    given: Counter[Day] = Counter()
    skipped: dict[int, str] = {}
    for number, proposal in proposals.items():
        day = work.day(proposal.expert_id, proposal.window.start)
        planned = problem.snapshot.tickets[number]
        ticket = tickets.get(proposal.ticket_id)
        if ticket is None or ticket.version != planned.version:
            skipped[number] = "The ticket changed while the run was at work."
        elif wrong := why_wrong(
            experts[proposal.expert_id], _visit(ticket, proposal, needed[ticket.ticket_type])
        ):
            skipped[number] = f"While the run was at work this changed: {wrong}"
        elif work.room(day) <= len(work.live[day]) + given[day]:
            skipped[number] = "The expert's day became full while the run was at work."
        else:
            try:
                async with session.begin_nested():
                    await propose(session, ticket, proposal, run_id, now)
            except IntegrityError:
                skipped[number] = "The expert's window was taken while the run was at work."
            else:
                given[day] += 1
    return skipped


async def _hold_experts(session: AsyncSession, ids: set[UUID]) -> dict[UUID, Profile]:
    """Experts as they are now and stay until the end of the transaction."""
    await session.execute(
        select(Expert.id)
        .where(Expert.id.in_(ids))
        .order_by(Expert.id)
        .with_for_update(key_share=True)
    )
    return await profiles_of(session, ids)


def _visit(ticket: Ticket, proposal: Proposal, needed: Mapping[str, int]) -> Visit:
    window = proposal.window
    return Visit(window.start, window.end, ticket.latitude, ticket.longitude, needed)


def _proposal(problem: Problem, edge: int) -> Proposal:
    slot = problem.slots[int(problem.slot[edge])]
    return Proposal(
        ticket_id=problem.snapshot.tickets[int(problem.ticket[edge])].id,
        expert_id=problem.snapshot.experts[slot.expert].id,
        window=Window(slot.start, slot.end),
        travel_km=round(float(problem.km[edge]), 3),
        cost=int(problem.cost[edge]),
    )


async def _record(
    session: AsyncSession,
    run_id: UUID,
    problem: Problem,
    solution: Solution,
    skipped: dict[int, str],
    barred: Sequence[UUID],
) -> None:
    """One decision row a ticket: what was decided, and why."""
    rows = [
        _decision(problem, number, int(edge), skipped.get(number))
        for number, edge in enumerate(solution.edge)
    ]
    rows.extend(
        {
            "ticket_id": ticket_id,
            "outcome": "unserved",
            "expert_id": None,
            "cost": None,
            "candidates": 0,
            "removed": {},
            "reason": "The contract is not in force.",
        }
        for ticket_id in barred
    )
    if rows:
        await session.execute(
            insert(AssignmentDecision), [{"run_id": run_id, **row} for row in rows]
        )


def _decision(problem: Problem, number: int, edge: int, skipped: str | None) -> dict[str, Any]:
    candidates, removed = problem.candidates[number], problem.removed[number]
    decision: dict[str, Any] = {
        "ticket_id": problem.snapshot.tickets[number].id,
        "outcome": "unserved",
        "expert_id": None,
        "cost": None,
        "candidates": candidates,
        "removed": dict(removed),
        "reason": explain.reason_unserved(removed, candidates),
    }
    if edge >= 0:
        proposal = _proposal(problem, edge)
        decision |= {
            "outcome": "skipped" if skipped else "assigned",
            "expert_id": proposal.expert_id,
            "cost": proposal.cost,
            "reason": skipped or explain.reason_served(candidates, proposal.travel_km),
        }
    return decision
