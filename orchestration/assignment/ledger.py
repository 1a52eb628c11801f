"""What a run leaves in the database: its decision on each ticket, and the proof."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from orchestration.assignment.costs import TERMS
from orchestration.assignment.explain import Decision, served_by_priority
from orchestration.assignment.problem import Problem
from orchestration.assignment.solve import Solution

_ROWS = 5000
_INSERT = text("""
INSERT INTO assignment_decision
    (run_id, ticket_id, outcome, expert_id, during, travel_km, cost, candidates, removed, terms,
     alternatives, reason)
SELECT :run_id, ticket_id::uuid, outcome, expert_id::uuid,
    CASE WHEN starts_at IS NOT NULL THEN tstzrange(starts_at, ends_at) END,
    travel_km, cost, candidates, removed, terms, alternatives, reason
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS rows (
    ticket_id text, outcome text, expert_id text, starts_at timestamptz, ends_at timestamptz,
    travel_km float8, cost bigint, candidates int, removed jsonb, terms jsonb, alternatives jsonb,
    reason text)
""")
_NOT_ENTITLED = "The contract is not in force."


async def keep_decisions(
    session: AsyncSession, run_id: UUID, found: Sequence[Decision], barred: Sequence[UUID]
) -> None:
    """One row a ticket, before anything is proposed: what is proposed has its reasons."""
    rows = [_row(it) for it in found]
    rows += [
        {
            "ticket_id": str(ticket_id),
            "outcome": "unserved",
            "candidates": 0,
            "removed": {},
            "terms": {},
            "alternatives": [],
            "reason": _NOT_ENTITLED,
        }
        for ticket_id in barred
    ]
    for start in range(0, len(rows), _ROWS):
        data = msgspec.json.encode(rows[start : start + _ROWS]).decode()
        await session.execute(_INSERT, {"run_id": run_id, "rows": data})


async def keep_skipped(session: AsyncSession, run_id: UUID, skipped: dict[UUID, str]) -> None:
    """What could not be proposed after all, and why."""
    if not skipped:
        return
    await session.execute(
        text("""
        UPDATE assignment_decision d SET outcome = 'skipped', reason = s.reason
        FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS s (ticket_id, reason)
        WHERE d.run_id = :run_id AND d.ticket_id = s.ticket_id
        """),
        {"run_id": run_id, "ids": list(skipped), "reasons": list(skipped.values())},
    )


def _row(found: Decision) -> dict[str, Any]:
    return {
        "ticket_id": found.ticket_id,
        "outcome": "unserved" if found.expert_id is None else "assigned",
        "expert_id": found.expert_id,
        "starts_at": found.start,
        "ends_at": found.end,
        "travel_km": found.travel_km,
        "cost": found.cost,
        "candidates": found.candidates,
        "removed": found.removed,
        "terms": found.terms,
        "alternatives": found.alternatives,
        "reason": found.reason,
    }


def evidence_of(problem: Problem, solution: Solution, found: Sequence[Decision]) -> dict[str, Any]:
    """What a run proves: by priority who is served, the terms of the objective, the certificate."""
    certificate, left_out = solution.optimum.certificate, solution.left_out
    terms = {term: sum(it.terms.get(term, 0) for it in found) for term in TERMS}
    return {
        "served": served_by_priority(problem.columns.tickets.level, solution.slot),
        "terms": terms,
        "certificate": {**certificate._asdict(), "holds": certificate.holds},
        "nearest_experts": problem.policy.nearest_experts,
        "left_out": {
            "pairs": left_out.pairs,
            "added": solution.added,
            "serving": left_out.serving,
            "cost": left_out.cost,
        },
        "rounds": solution.rounds,
        "repairs": solution.repairs,
        "solver": "auction" if solution.proven else "scipy",
    }
