"""Solving a run again, from the input that it kept: does the same come out, to the byte?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, NotFound
from api.sysops.assignment.policy import Policy
from api.sysops.assignment.runs import policy_of
from api.sysops.assignment.tables import AssignmentDecision, AssignmentRun
from orchestration.assignment.evidence import Evidence, hash_of
from orchestration.assignment.explain import Decision, decisions
from orchestration.assignment.problem import build
from orchestration.assignment.snapshot import Snapshot
from orchestration.assignment.solve import solve

COMPARED = (
    "expert_id", "start", "end", "travel_km", "cost", "candidates", "removed", "terms",
    "alternatives",
)  # fmt: skip
"""What is kept of a decision, and has to come out again."""


@dataclass(frozen=True)
class Kept:
    """A run as the database has it: what its input hashes to, and what it decided, by ticket."""

    id: UUID
    as_of: datetime
    policy_title: str
    policy: Policy
    snapshot_hash: str
    decisions_hash: str
    decided: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Difference:
    """A ticket that was decided otherwise: `fields` that differ, as they were and as they are.

    Without `before` the run did not decide on it, without `after` the input does not have it.
    """

    ticket_id: str
    fields: Sequence[str]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Replayed:
    """`ok` when every byte that was decided came out again, and the ledger still has it so."""

    run_id: UUID
    as_of: datetime
    policy: str
    tickets: int
    proven: bool
    decisions_hash: str
    replayed_hash: str
    differences: Sequence[Difference]

    @property
    def ok(self) -> bool:
        return self.decisions_hash == self.replayed_hash and not self.differences

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs."""
        plain: dict[str, Any] = msgspec.to_builtins(asdict(self))
        return {"ok": self.ok, **plain}


async def kept_of(session: AsyncSession, run_id: UUID) -> Kept:
    """What the database has of a run.

    Raises NotFound, and Conflict for a run that kept no input, or whose policy is gone.
    """
    query = select(
        AssignmentRun.as_of,
        AssignmentRun.policy,
        AssignmentRun.snapshot_hash,
        AssignmentRun.decisions_hash,
    ).where(AssignmentRun.id == run_id)
    run = (await session.execute(query)).one_or_none()
    if run is None:
        raise NotFound(f"There is no assignment run {run_id}.")
    if run.snapshot_hash is None or run.decisions_hash is None:
        raise Conflict(
            "This run kept no input: it is older than the release that keeps it, or it ended"
            " before it had decided."
        )
    policy = await policy_of(session, run.policy)
    if policy is None:
        raise Conflict(f"This run went by the policy {run.policy}, which is not there any more.")
    return Kept(
        run_id,
        run.as_of,
        run.policy,
        policy,
        run.snapshot_hash,
        run.decisions_hash,
        await _decided(session, run_id),
    )


def replay(kept: Kept, evidence: Evidence) -> Replayed:
    """The run's input, solved again by its policy; raises EvidenceLost. Nothing is written."""
    snapshot = evidence.load(kept.id, kept.snapshot_hash)
    found, proven = solved(snapshot, kept.policy)
    return Replayed(
        run_id=kept.id,
        as_of=kept.as_of,
        policy=kept.policy_title,
        tickets=len(found),
        proven=proven,
        decisions_hash=kept.decisions_hash,
        replayed_hash=hash_of(found),
        differences=list(_differences(kept.decided, found)),
    )


def solved(snapshot: Snapshot, policy: Policy) -> tuple[list[Decision], bool]:
    """What a run decides on an input, and whether that is proven."""
    problem = build(snapshot, policy)
    solution = solve(problem)
    return decisions(problem, solution), solution.proven


async def _decided(session: AsyncSession, run_id: UUID) -> dict[str, dict[str, Any]]:
    """Decisions as they are kept, by ticket."""
    decision = AssignmentDecision
    query = select(
        decision.ticket_id,
        decision.expert_id,
        func.lower(decision.during).label("start"),
        func.upper(decision.during).label("end"),
        decision.travel_km,
        decision.cost,
        decision.candidates,
        decision.removed,
        decision.terms,
        decision.alternatives,
    ).where(decision.run_id == run_id)
    return {str(row.ticket_id): _plain(row) for row in await session.execute(query)}


def _plain(it: Row[Any] | Decision) -> dict[str, Any]:
    """What is compared, in one form."""
    found = {name: getattr(it, name) for name in COMPARED}
    told = msgspec.to_builtins(found["alternatives"])
    who = found["expert_id"]
    return found | {"alternatives": told, "expert_id": who and str(who)}


def _differences(
    decided: Mapping[str, Mapping[str, Any]], found: Sequence[Decision]
) -> Iterator[Difference]:
    again = {it.ticket_id: _plain(it) for it in found}
    for ticket_id in sorted({*decided, *again}):
        before, after = decided.get(ticket_id), again.get(ticket_id)
        if after is None and before is not None and _was_barred(before):
            continue
        fields = [name for name in COMPARED if (before or {}).get(name) != (after or {}).get(name)]
        if fields or before is None or after is None:
            yield Difference(ticket_id, fields, before, after)


def _was_barred(before: Mapping[str, Any]) -> bool:
    """Tickets whose contract is not in force are told of in the ledger, and are no input."""
    return before["expert_id"] is None and not before["candidates"] and not before["removed"]
