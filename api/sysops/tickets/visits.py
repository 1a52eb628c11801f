"""What an expert does with a visit. Somebody else's visit is not found. Services never commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import Conflict, FieldError, Invalid, NotFound, TransitionRefused
from api.kernel.sets import equals_any
from api.messages import Part
from api.sysops.experts.tables import Expert
from api.sysops.knowledge.tables import Article, ArticleLink
from api.sysops.notifications.service import notify_managers
from api.sysops.tickets import proposals, rules, service, telling, visit_lists, visit_rules
from api.sysops.tickets.tables import Assignment, Ticket
from api.sysops.tickets.visit_tables import VisitPart

Own = tuple[Ticket, Assignment]
EARLIER = "Earlier than the window, by agreement."


@dataclass(frozen=True)
class Work:
    """What was done at a visit: parts used, articles that helped."""

    parts: Sequence[Part] = ()
    article_ids: Sequence[UUID] = ()


async def load(session: AsyncSession, assignment_id: UUID, expert_id: UUID) -> Own:
    """The expert's own visit with its ticket, both locked (the ticket first); or NotFound."""
    ticket_id = await session.scalar(
        select(Assignment.ticket_id).where(
            Assignment.id == assignment_id, Assignment.expert_id == expert_id
        )
    )
    if ticket_id is None:
        raise NotFound("You have no such visit.")
    ticket = await service.load(session, ticket_id)
    assignment = await session.get(Assignment, assignment_id, with_for_update=service.LOCK)
    if assignment is None:
        raise NotFound("You have no such visit.")
    return ticket, assignment


async def answer(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    accept: bool,
    reason: str | None = None,
) -> Own:
    """Accept or reject a proposal; after the time to answer it can only be rejected."""
    ticket, assignment = await load(session, assignment_id, expert_id)
    if assignment.status != "proposed":
        raise Conflict(f"This visit is already {assignment.status}.")
    if accept and assignment.answer_by < now:
        raise Conflict("The time to accept this visit is over; it goes to somebody else.")
    if accept:
        assignment.status = "accepted"
        assignment.decided_at = now
        await session.flush()
    await _do(session, (ticket, assignment), "accept" if accept else "reject", now, reason)
    if not accept:
        await proposals.tell_of_pin(session, ticket, assignment, "was rejected by its expert", now)
    # Whoever answers is no longer silent.
    await session.execute(
        update(Expert)
        .where(Expert.id == expert_id, Expert.silences > 0)
        .values(silences=0, last_silent_at=None, updated_at=now)
    )
    return ticket, assignment


async def set_out(
    session: AsyncSession, assignment_id: UUID, expert_id: UUID, now: datetime
) -> Own:
    """The expert is on the way, and the customer is told; once, and not days ahead."""
    ticket, assignment = await _standing(session, assignment_id, expert_id, "set_out", now)
    if problem := _problems(ticket, assignment, now)["set_out"]:
        raise _refused(problem, ticket, assignment, now)
    assignment.set_out_at = now
    await _do(session, (ticket, assignment), "set_out", now)
    return ticket, assignment


async def start(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    agreed_with_customer: bool = False,
) -> Own:
    """Begin the work; much before the window only with the customer's word for it."""
    ticket, assignment = await _standing(session, assignment_id, expert_id, "start", now)
    problem = _problems(ticket, assignment, now)["start"]
    if problem and not agreed_with_customer:
        raise _refused(problem, ticket, assignment, now)
    await _at_no_other(session, assignment)
    assignment.started_at = now
    await _do(session, (ticket, assignment), "start", now, EARLIER if problem else None)
    return ticket, assignment


async def _at_no_other(session: AsyncSession, assignment: Assignment) -> None:
    """Nobody is at two places: an expert ends a visit before the next one begins."""
    # Two starts at once would not see each other.
    await session.get(Expert, assignment.expert_id, with_for_update=service.LOCK)
    number = await visit_lists.under_way(session, assignment.expert_id)
    if number is not None:
        raise Conflict(f"You are at work on ticket {number}. End that visit first.")


async def no_show(
    session: AsyncSession, assignment_id: UUID, expert_id: UUID, now: datetime, *, reason: str
) -> Own:
    """Nobody is at home. After the second time a coordinator calls before anybody is sent again."""
    ticket, assignment = await _standing(session, assignment_id, expert_id, "no_show", now)
    if problem := _problems(ticket, assignment, now)["no_show"]:
        raise _refused(problem, ticket, assignment, now)
    await _do(session, (ticket, assignment), "no_show", now, reason)
    if visit_rules.someone_must_call(ticket.customer_absences):
        await service.transition(
            session,
            ticket,
            "escalate",
            service.SYSTEM,
            now,
            reason=f"Nobody was at home at {ticket.customer_absences} visits: call the customer"
            " and agree on a time before anybody is sent again.",
            escalation="customer_absent",
        )
        await notify_managers(
            session,
            "customer_to_call",
            cause=str(assignment.id),
            context={"number": ticket.number, "absences": ticket.customer_absences},
            ticket_id=ticket.id,
            now=now,
        )
    return ticket, assignment


async def follow_up(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    reason: str,
    work: Work = Work(),
    bring: Sequence[Part] = (),
) -> Own:
    """End the visit without a resolution; `bring` is what the next one needs."""
    own = await _standing(session, assignment_id, expert_id, "follow_up", now)
    await _keep_work(session, own, work, now)
    _keep_parts(session, assignment_id, "bring", bring)
    await _do(session, own, "follow_up", now, reason)
    return own


async def complete(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    now: datetime,
    *,
    resolution: str,
    work: Work = Work(),
) -> Own:
    """Resolve the ticket with notes for the customer, parts, and the articles that helped."""
    ticket, assignment = await _standing(session, assignment_id, expert_id, "complete", now)
    await _keep_work(session, (ticket, assignment), work, now)
    ticket.resolution = resolution
    await _do(session, (ticket, assignment), "complete", now)
    return ticket, assignment


async def _standing(
    session: AsyncSession,
    assignment_id: UUID,
    expert_id: UUID,
    action: rules.Action,
    now: datetime,
) -> Own:
    """The expert's own accepted visit whose ticket takes `action`; refused in an expert's words."""
    ticket, assignment = await load(session, assignment_id, expert_id)
    if assignment.status == "proposed":
        raise Conflict("Accept this visit first.")
    if assignment.status == "completed":
        raise Conflict("This visit is over. Those you have made are at /sysops/visits/past.")
    if assignment.status != "accepted":
        raise Conflict(f"This visit is {assignment.status}, and not yours any more.")
    try:
        rules.next_status(ticket.status, action, now=now, resolved_at=ticket.resolved_at)
    except TransitionRefused as refused:
        words = "Start this visit first." if assignment.started_at is None else refused.detail
        raise _refused(words, ticket, assignment, now) from None
    return ticket, assignment


async def _do(
    session: AsyncSession, own: Own, action: rules.Action, now: datetime, reason: str | None = None
) -> None:
    ticket, assignment = own
    await service.transition(
        session,
        ticket,
        action,
        service.Actor("expert", assignment.expert_id),
        now,
        reason=reason,
        assignment=assignment,
    )


def _problems(
    ticket: Ticket, assignment: Assignment, now: datetime
) -> dict[rules.Action, str | None]:
    """Why what the table allows may still not be done now."""
    window, zone = telling.window_of(assignment), ticket.time_zone
    on_the_way = "You are on the way already; start the visit when you are there."
    return {
        "set_out": on_the_way
        if assignment.set_out_at
        else visit_rules.set_out_problem(window, assignment.travel_km, zone, now),
        "start": visit_rules.start_problem(window, zone, now),
        "no_show": visit_rules.no_show_problem(window, zone, now),
    }


def _refused(
    problem: str, ticket: Ticket, assignment: Assignment, now: datetime
) -> TransitionRefused:
    """Names what the expert can do instead, now: the table knows neither person nor hour."""
    problems = _problems(ticket, assignment, now)
    allowed = rules.allowed_actions(ticket.status, now=now, resolved_at=ticket.resolved_at)
    return TransitionRefused(
        problem, [one for one in allowed if one in rules.AT_A_VISIT and not problems.get(one)]
    )


async def _keep_work(session: AsyncSession, own: Own, work: Work, now: datetime) -> None:
    ticket, assignment = own
    await _link(session, ticket.id, work.article_ids, now)
    _keep_parts(session, assignment.id, "used", work.parts)


def _keep_parts(
    session: AsyncSession,
    assignment_id: UUID,
    purpose: Literal["used", "bring"],
    parts: Sequence[Part],
) -> None:
    for position, part in enumerate(parts, 1):
        session.add(
            VisitPart(
                assignment_id=assignment_id,
                purpose=purpose,
                position=position,
                name=part.name,
                part_number=part.part_number,
                quantity=part.quantity,
            )
        )


async def _link(
    session: AsyncSession, ticket_id: UUID, article_ids: Sequence[UUID], now: datetime
) -> None:
    wanted = list(dict.fromkeys(article_ids))
    known = set(
        await session.scalars(
            select(Article.id).where(equals_any(Article.id, wanted), Article.status == "published")
        )
    )
    missing = [
        FieldError(f"/article_ids/{index}", "There is no such published article.")
        for index, article_id in enumerate(article_ids)
        if article_id not in known
    ]
    if missing:
        raise Invalid(missing)
    for article_id in wanted:
        await session.execute(
            insert(ArticleLink)
            .values(ticket_id=ticket_id, article_id=article_id, linked_at=now)
            .on_conflict_do_nothing()
        )
