"""One run: read, build, solve, prove, explain, write, with its evidence."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.messages import Window
from api.sysops.assignment.policy import Policy
from api.sysops.assignment.service import policy_in_use
from api.sysops.assignment.tables import AssignmentRun
from api.sysops.holidays.tables import Holiday
from api.sysops.notifications.service import notify_administrators
from api.sysops.tickets.missed import withdraw_missed
from api.sysops.tickets.proposals import Proposal, expire_silent
from orchestration.assignment import escalation, ledger, snapshot
from orchestration.assignment.evidence import Evidence, hash_of
from orchestration.assignment.explain import Decision, decisions
from orchestration.assignment.problem import Problem, build
from orchestration.assignment.roads import Roads, with_roads
from orchestration.assignment.solve import Solution, solve
from orchestration.assignment.watch import Watch
from orchestration.assignment.write import Planned, write

RUN_LOCK = 5_047_001
"""Advisory lock: two runs never work at the same time."""

Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True)
class Outcome:
    """What a run did; `skipped` changed since the snapshot and re-enter the next run.

    `seconds` by phase. `proven` is false when the certificate did not hold and the oracle's
    answer was taken.
    """

    run_id: UUID
    policy: str
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
    proven: bool
    seconds: Mapping[str, float]

    def as_metadata(self) -> dict[str, Any]:
        seconds = {phase: round(value, 3) for phase, value in self.seconds.items()}
        return {**asdict(self), "run_id": str(self.run_id), "seconds": seconds}


class AlreadyRunning(Exception):
    """Another run holds the lock; this one did nothing."""


async def assign(
    sessions: Sessions, now: datetime, evidence: Evidence, roads: Roads | None = None
) -> Outcome:
    """Propose an expert for every open ticket that one can be found for.

    Distances by road are asked of `roads`, if there is such a service.
    Raises AlreadyRunning. If it dies, what is written stands and the next run goes on: every
    proposal is whole (assignment, booking, event, messages) or not there.
    """
    async with sessions() as guard:
        # Held outside a transaction: one left open that long would be ended by its timeout.
        await guard.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        if not await guard.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": RUN_LOCK}):
            raise AlreadyRunning("Another assignment run is in progress.")
        try:
            return await _run(sessions, now, evidence, roads)
        finally:
            await guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": RUN_LOCK})


async def _run(
    sessions: Sessions, now: datetime, evidence: Evidence, roads: Roads | None
) -> Outcome:
    began, watch = monotonic(), Watch()
    expired, missed = await _take_back(sessions, now)
    async with sessions() as session:
        in_use = await policy_in_use(session)
    policy, title = in_use.policy, f"{in_use.name}/{in_use.version}"
    run_id = await _begin(sessions, now, title)
    watch.lap("before")
    taken, barred = await _read(sessions, now, policy, roads)
    watch.lap("read")
    snapshot_hash = evidence.save(run_id, taken)
    problem = build(taken, policy)
    del taken  # kept as evidence, and in the way of the solver's memory
    watch.lap("candidates")
    solution = solve(problem)
    watch.lap("solve")
    found = decisions(problem, solution)
    watch.lap("explain")
    await _keep(
        sessions, now, run_id, problem, solution, found, barred=barred, snapshot_hash=snapshot_hash
    )
    watch.lap("ledger")
    skipped = await write(sessions, run_id, planned(found), now)
    watch.lap("write")
    served = sum(it.expert_id is not None for it in found)
    outcome = Outcome(
        run_id=run_id,
        policy=title,
        expired=expired,
        missed=missed,
        tickets=len(found),
        windows=int(problem.columns.experts.room.sum()),
        edges=len(problem.edges.other),
        assigned=served - len(skipped),
        unserved=len(found) - served,
        not_entitled=len(barred),
        skipped=len(skipped),
        repairs=solution.repairs,
        objective=sum(it.cost or 0 for it in found),
        proven=solution.proven,
        seconds=watch.seconds,
    )
    took = timedelta(seconds=monotonic() - began)
    await _finish(sessions, outcome, skipped, now + took)
    await escalation.escalate(sessions, now)
    watch.lap("escalate")
    evidence.prune(now)
    return outcome


async def _take_back(sessions: Sessions, now: datetime) -> tuple[int, int]:
    """Proposals that nobody answered and visits that nobody began; returns how many of each."""
    async with sessions.begin() as session:
        expired = await expire_silent(session, now)
    async with sessions.begin() as session:
        missed = await withdraw_missed(session, now)
    await escalation.escalate(sessions, now, only={"refused"})
    return expired, missed


async def _read(
    sessions: Sessions, now: datetime, policy: Policy, roads: Roads | None
) -> tuple[snapshot.Snapshot, list[UUID]]:
    """The input, with distances by road if a service tells them, and what must not be planned."""
    taken, barred = await asyncio.to_thread(snapshot.read, _url(sessions), now, policy)
    if roads is not None:
        taken = await asyncio.to_thread(with_roads, taken, policy, roads)
    return taken, barred


def _url(sessions: Sessions) -> str:
    """The address behind the sessions, for the driver that reads columns."""
    url = sessions.kw["bind"].url.set(drivername="postgresql")
    return str(url.render_as_string(hide_password=False))


async def _begin(sessions: Sessions, now: datetime, policy: str) -> UUID:
    """A new run's row; one that is still said to be running died, for the lock was free."""
    async with sessions.begin() as session:
        await session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.status == "running")
            .values(status="failed", finished_at=now)
        )
        run = AssignmentRun(
            started_at=now,
            as_of=now,
            status="running",
            policy=policy,
            holidays=func.array(select(Holiday.day).scalar_subquery()),
        )
        session.add(run)
    return run.id


async def _keep(
    sessions: Sessions,
    now: datetime,
    run_id: UUID,
    problem: Problem,
    solution: Solution,
    found: Sequence[Decision],
    *,
    barred: Sequence[UUID],
    snapshot_hash: str,
) -> None:
    """The decisions with their reasons and the proof, all before anything is proposed."""
    async with sessions.begin() as session:
        await ledger.keep_decisions(session, run_id, found, barred)
        await session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.id == run_id)
            .values(
                snapshot_hash=snapshot_hash,
                decisions_hash=hash_of(found),
                proven=solution.proven,
                evidence=ledger.evidence_of(problem, solution, found),
            )
        )
        if not solution.proven:
            await notify_administrators(
                session,
                "assignment_unproven",
                cause=str(run_id),
                context={"run_id": str(run_id)},
                now=now,
            )


def planned(found: Sequence[Decision]) -> list[Planned]:
    """What is to be proposed, in the order of the experts and their windows."""
    proposals = [
        Planned(
            Proposal(
                ticket_id=UUID(it.ticket_id),
                expert_id=UUID(it.expert_id),
                window=Window(it.start, it.end),
                travel_km=it.travel_km or 0.0,
                cost=it.cost or 0,
            ),
            it.version,
        )
        for it in found
        if it.expert_id is not None and it.start is not None and it.end is not None
    ]
    return sorted(proposals, key=lambda it: (it.proposal.expert_id, it.proposal.window.start))


async def _finish(
    sessions: Sessions,
    outcome: Outcome,
    skipped: dict[UUID, str],
    finished_at: datetime,
) -> None:
    async with sessions.begin() as session:
        await ledger.keep_skipped(session, outcome.run_id, skipped)
        await session.execute(
            update(AssignmentRun)
            .where(AssignmentRun.id == outcome.run_id)
            .values(
                finished_at=finished_at,
                status="finished",
                tickets=outcome.tickets,
                windows=outcome.windows,
                edges=outcome.edges,
                assigned=outcome.assigned,
                skipped=outcome.skipped,
                objective=outcome.objective,
                seconds=outcome.as_metadata()["seconds"],
            )
        )
