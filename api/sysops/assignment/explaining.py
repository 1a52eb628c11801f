"""Why a ticket got its expert, or none: reads what a run kept, decides nothing, changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, load_only

from api.kernel.errors import NotFound
from api.kernel.sets import equals_any
from api.messages import Window
from api.sysops.assignment import aftermath, explanation, looking
from api.sysops.assignment.aftermath import LOOKED_FOR, Proposed, Standing
from api.sysops.assignment.explanation import Alternative, Decided, Known
from api.sysops.assignment.explanation_views import (
    AlternativeView,
    DecisionView,
    Explanation,
    RunBrief,
)
from api.sysops.assignment.runs import policy_of
from api.sysops.assignment.tables import AssignmentDecision, AssignmentRun
from api.sysops.staff.tables import Staff
from api.sysops.tickets.tables import Assignment, Ticket

NOT_YET = "No assignment run has decided on this ticket yet."
NOT_KEPT = "No decision of a run on this ticket is kept: there was none, or it is too old."
MOST_CHANGES = 3
"""So many of the smallest changes, and of those who could come, are told as of now."""

# No name, no address line, no word of the customer: those are nobody's business here.
_TICKET = load_only(
    Ticket.id, Ticket.number, Ticket.contract_id, Ticket.latitude, Ticket.longitude,
    Ticket.time_zone, Ticket.ticket_type, Ticket.priority, Ticket.status,
    Ticket.preferred_windows, Ticket.customer_absences, Ticket.earliest_visit_at,
    Ticket.sla_due_at, Ticket.updated_at,
)  # fmt: skip


async def explain(
    session: AsyncSession, which: UUID | int, now: datetime, run_id: UUID | None = None
) -> Explanation:
    """A ticket, by id or number, as the last run decided it, or the one that is named.

    Raises NotFound.
    """
    ticket = await _ticket(session, which)
    row = await _decision(session, ticket.id, run_id)
    proposals = await _proposals(session, ticket.id)
    if row is None:
        known = await _known(session, ticket, [], None)
        by_run = any(run is not None for _, run in proposals)
        why = [NOT_KEPT if by_run or ticket.status not in LOOKED_FOR else NOT_YET]
        since = [
            words for it, _ in proposals if it.by_hand for words in aftermath.by_hand(it, known)
        ]
        return await _explanation(session, ticket, now, known, why=why, since=since)
    decided = _decided(row)
    own = next((it for it, run in proposals if run == row.run_id), None)
    if own is not None and decided.window is None:
        # An older release kept the visit with its proposal alone.
        decided = replace(decided, window=own.window, travel_km=own.travel_km)
    known = await _known(session, ticket, _named(decided), row.policy)
    by_hand = [it for it, _ in proposals if it.by_hand and it.proposed_at > row.as_of]
    return await _explanation(
        session,
        ticket,
        now,
        known,
        why=explanation.why(decided, known),
        since=_since(ticket, row, decided, own, known)
        + [words for it in by_hand for words in aftermath.by_hand(it, known)],
        run=RunBrief(row.run_id, row.as_of, row.policy, row.run_status, row.proven),
        decided=decided,
    )


async def _explanation(
    session: AsyncSession,
    ticket: Ticket,
    now: datetime,
    known: Known,
    *,
    why: list[str],
    since: list[str],
    run: RunBrief | None = None,
    decided: Decided | None = None,
) -> Explanation:
    others = explanation.alternatives(decided, known) if decided else []
    kept = decided.alternatives if decided else ()
    since = [*since, aftermath.now_it_is(await _standing(session, ticket), known)]
    first, changes = await _as_of_now(session, ticket, now, known)
    return Explanation(
        ticket_id=ticket.id,
        number=ticket.number,
        status=ticket.status,
        served=ticket.status not in LOOKED_FOR
        or (decided is not None and decided.outcome != "unserved"),
        sentences=[
            *why,
            *others,
            *since,
            *first,
            *(f"What would help now: {it}" for it in changes),
        ],
        run=run,
        decision=DecisionView.of(decided, known) if decided else None,
        why=why,
        alternatives=[
            AlternativeView.of(it, words, known) for it, words in zip(kept, others, strict=True)
        ],
        since=since,
        now=[*first, *changes],
    )


async def _ticket(session: AsyncSession, which: UUID | int) -> Ticket:
    named = Ticket.number == which if isinstance(which, int) else Ticket.id == which
    ticket = (await session.scalars(select(Ticket).options(_TICKET).where(named))).one_or_none()
    if ticket is None:
        raise NotFound("There is no such ticket.")
    return ticket


async def _decision(session: AsyncSession, ticket_id: UUID, run_id: UUID | None) -> Row[Any] | None:
    """The newest decision, with its run: ids of runs grow. Raises NotFound for a run named."""
    query = (
        select(
            AssignmentDecision.run_id,
            AssignmentDecision.outcome,
            AssignmentDecision.reason,
            AssignmentDecision.expert_id,
            AssignmentDecision.during,
            AssignmentDecision.travel_km,
            AssignmentDecision.cost,
            AssignmentDecision.candidates,
            AssignmentDecision.removed,
            AssignmentDecision.terms,
            AssignmentDecision.alternatives,
            AssignmentRun.as_of,
            AssignmentRun.policy,
            AssignmentRun.proven,
            AssignmentRun.status.label("run_status"),
        )
        .join(AssignmentRun, AssignmentRun.id == AssignmentDecision.run_id)
        .where(AssignmentDecision.ticket_id == ticket_id)
        .order_by(AssignmentDecision.run_id.desc())
        .limit(1)
    )
    if run_id is not None:
        query = query.where(AssignmentDecision.run_id == run_id)
    row = (await session.execute(query)).one_or_none()
    if row is None and run_id is not None:
        raise NotFound("There is no such run, or it did not decide on this ticket.")
    return row


def _decided(row: Row[Any]) -> Decided:
    return Decided(
        outcome=row.outcome,
        as_of=row.as_of,
        proven=row.proven,
        reason=row.reason,
        expert_id=row.expert_id,
        window=row.during and Window(row.during.lower, row.during.upper),
        travel_km=row.travel_km,
        cost=row.cost,
        candidates=row.candidates,
        removed=row.removed,
        terms=row.terms,
        alternatives=msgspec.convert(row.alternatives, list[Alternative]),
    )


async def _proposals(
    session: AsyncSession, ticket_id: UUID
) -> Sequence[tuple[Proposed, UUID | None]]:
    """Who was proposed, in that order, each with the run that did it."""
    expert, hand = aliased(Staff), aliased(Staff)
    query = (
        select(
            Assignment.run_id,
            Assignment.during,
            Assignment.status,
            Assignment.outcome,
            Assignment.travel_km,
            Assignment.proposed_at,
            Assignment.decided_at,
            Assignment.completed_at,
            Assignment.answer_by,
            Assignment.source,
            Assignment.pinned,
            expert.full_name.label("who"),
            hand.full_name.label("by"),
        )
        .join(expert, expert.id == Assignment.expert_id)
        .outerjoin(hand, hand.id == Assignment.assigned_by)
        .where(Assignment.ticket_id == ticket_id)
        .order_by(Assignment.proposed_at)
    )
    return [
        (
            Proposed(
                who=row.who,
                window=Window(row.during.lower, row.during.upper),
                travel_km=row.travel_km,
                status=row.status,
                outcome=row.outcome,
                proposed_at=row.proposed_at,
                at=row.completed_at or row.decided_at or row.proposed_at,
                answer_by=row.answer_by,
                by_hand=row.source == "manual",
                by=row.by,
                pinned=row.pinned,
            ),
            row.run_id,
        )
        for row in await session.execute(query)
    ]


def _named(decided: Decided) -> list[UUID]:
    """Everybody and everything that a decision names by id: experts and tickets."""
    ids = [decided.expert_id]
    ids += [one for it in decided.alternatives for one in (it.expert_id, it.taken_by)]
    return [it for it in ids if it is not None]


async def _known(
    session: AsyncSession, ticket: Ticket, ids: Collection[UUID], policy: str | None
) -> Known:
    people = await session.execute(
        select(Staff.id, Staff.full_name).where(equals_any(Staff.id, ids))
    )
    tickets = select(Ticket.id, Ticket.number, Ticket.priority).where(equals_any(Ticket.id, ids))
    return Known(
        experts={row.id: row.full_name for row in people},
        tickets={row.id: (row.number, row.priority) for row in await session.execute(tickets)},
        time_zone=ticket.time_zone,
        priority=ticket.priority,
        due=ticket.sla_due_at,
        policy=await policy_of(session, policy) if policy else None,
    )


def _since(
    ticket: Ticket, row: Row[Any], decided: Decided, own: Proposed | None, known: Known
) -> list[str]:
    """What became of the decision itself."""
    if own is not None:
        return [aftermath.became(own, known)]
    if decided.outcome == "assigned":
        working = row.run_status == "running"
        return ["The run is still at work." if working else "The run ended before it proposed it."]
    changed = ticket.status in LOOKED_FOR and ticket.updated_at > row.as_of
    return ["The ticket has changed since that run."] if changed else []


async def _standing(session: AsyncSession, ticket: Ticket) -> Standing:
    newest = select(AssignmentRun.as_of, AssignmentRun.status).order_by(AssignmentRun.id.desc())
    run = (await session.execute(newest.limit(1))).one_or_none()
    return Standing(
        status=ticket.status,
        customer_absences=ticket.customer_absences,
        last_run=run.as_of if run else None,
        run_at_work=run is not None and run.status == "running",
    )


async def _as_of_now(
    session: AsyncSession, ticket: Ticket, now: datetime, known: Known
) -> tuple[list[str], list[str]]:
    """Of a ticket that waits: what comes first and who could come, and the changes that would let
    somebody come, where nobody could.
    """
    if ticket.status not in LOOKED_FOR:
        return [], []
    found = await looking.look(session, ticket, now)
    first = [f"First of all: {it}" for it in found.before]
    first += [
        f"As things are now, {it.person.name} could come {known.when(it.windows[0])}."
        for it in found.fitting[:MOST_CHANGES]
    ]
    changes = [] if found.fitting else [it.words for it in found.changes[:MOST_CHANGES]]
    return first, changes
