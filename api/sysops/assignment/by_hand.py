"""An expert whom a person chooses for a ticket. Services never commit.

Checked like what a run proposes: ticket and expert are locked, in this order, and then looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import (
    BrokenRule,
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    NotFound,
    RulesBroken,
)
from api.messages import Window
from api.sysops.assignment import candidates
from api.sysops.assignment.hard_rules import NEVER_OVERRIDDEN, Person, Wanted, broken, why
from api.sysops.audit.service import Act, record
from api.sysops.catalogue import service as catalogue
from api.sysops.experts.rules import Rule
from api.sysops.experts.tables import Expert
from api.sysops.tickets import proposals, rules, service, telling
from api.sysops.tickets.tables import Assignment, Ticket


@dataclass(frozen=True)
class Choice:
    """Who is to come when; `override` names the rules that are waived, for a `reason`."""

    expert_id: UUID
    window: Window
    pinned: bool = False
    override: Sequence[Rule] = ()
    reason: str | None = None


async def assign(session: AsyncSession, act: Act, ticket_id: UUID, choice: Choice) -> Assignment:
    """Propose the visit to the chosen expert; a visit that stands is withdrawn before.

    What stands already is left as it is. Raises NotFound, Invalid, Forbidden (only a manager
    overrides), TransitionRefused, and RulesBroken unless exactly the broken rules are overridden.
    """
    _check(act, choice)
    await catalogue.stand_still(session)
    ticket = await service.load(session, ticket_id)
    standing = await service.active_assignment(session, ticket_id)
    action: rules.Action = "assign" if standing is None else "withdraw"
    rules.next_status(ticket.status, action, now=act.now, resolved_at=ticket.resolved_at)
    expert = await session.get(
        Expert, choice.expert_id, with_for_update=service.LOCK, populate_existing=True
    )
    if expert is None:
        raise Invalid([FieldError("/expert_id", "There is no such expert.")])
    if standing is not None and _is(standing, choice):
        return await pin(session, act, ticket_id, pinned=choice.pinned)
    if standing is not None:
        await _withdraw(session, act, ticket, standing, choice)
    waived, travel_km = await _judge(session, ticket, choice, act.now)
    proposal = proposals.Proposal(ticket_id, expert.id, choice.window, travel_km, cost=0)
    by_hand = proposals.ByHand(act.actor_id, choice.pinned, waived, choice.reason)
    try:
        async with session.begin_nested():
            assignment = await proposals.propose(
                session, ticket, proposal, None, act.now, actor=_actor(act), by_hand=by_hand
            )
    except IntegrityError:
        raise Conflict("The expert was booked for that time meanwhile. Look again.") from None
    subject = ("ticket", ticket_id)
    after = {
        "assignment_id": assignment.id,
        "expert_id": choice.expert_id,
        "start": choice.window.start,
        "end": choice.window.end,
        "pinned": choice.pinned,
        "override": sorted(waived),
    }
    await record(session, act, "ticket.assigned", subject, after=after)
    return assignment


async def pin(session: AsyncSession, act: Act, ticket_id: UUID, *, pinned: bool) -> Assignment:
    """Pin the visit that stands for a ticket, or let it go; what is so already changes nothing."""
    ticket = await service.load(session, ticket_id)
    assignment = await standing(session, ticket.id)
    before, assignment.pinned = assignment.pinned, pinned
    await session.flush()
    subject = ("ticket", ticket_id)
    states = ({"assignment_id": assignment.id, "pinned": it} for it in (before, pinned))
    await record(
        session,
        act,
        "assignment.pinned" if pinned else "assignment.unpinned",
        subject,
        before=next(states),
        after=next(states),
    )
    return assignment


async def standing(session: AsyncSession, ticket_id: UUID) -> Assignment:
    """The visit that is proposed or promised for a ticket now; raises NotFound."""
    assignment = await service.active_assignment(session, ticket_id)
    if assignment is None:
        raise NotFound("No visit is planned for this ticket now.")
    return assignment


def _check(act: Act, choice: Choice) -> None:
    errors = []
    if wrong := rules.visit_window_problem(choice.window, act.now):
        errors.append(FieldError("/window", wrong))
    if choice.override and not choice.reason:
        errors.append(FieldError("/reason", "Say why the rules are overridden."))
    if errors:
        raise Invalid(errors)
    if choice.override and "manager" not in act.roles:
        raise Forbidden("Only a manager can override a rule.")


def _is(standing: Assignment, choice: Choice) -> bool:
    window = telling.window_of(standing)
    same = window.start == choice.window.start and window.end == choice.window.end
    return same and standing.expert_id == choice.expert_id


async def _withdraw(
    session: AsyncSession, act: Act, ticket: Ticket, standing: Assignment, choice: Choice
) -> None:
    same = standing.expert_id == choice.expert_id
    reason = "The visit gets another time." if same else "Another expert is asked to come."
    await service.transition(
        session, ticket, "withdraw", _actor(act), act.now, reason=reason, assignment=standing
    )
    await proposals.tell_expert(session, ticket, standing, act.now, "visit_off")


async def _judge(
    session: AsyncSession, ticket: Ticket, choice: Choice, now: datetime
) -> tuple[tuple[Rule, ...], float]:
    """The rules that the locked expert breaks, and the kilometres by road.

    Raises RulesBroken unless these rules are what is overridden.
    """
    wanted = await candidates.wanted_of(session, ticket)
    (person,) = await candidates.people(session, [choice.expert_id], ticket.id, now)
    found = tuple(broken(person, wanted, choice.window))
    if set(found) != set(choice.override) or not NEVER_OVERRIDDEN.isdisjoint(found):
        raise _barred(found, person, wanted, choice)
    return found, round(person.road_km(wanted), 3)


def _barred(found: Sequence[Rule], person: Person, wanted: Wanted, choice: Choice) -> RulesBroken:
    listed = [
        BrokenRule(rule, why(rule, person, wanted, choice.window), rule not in NEVER_OVERRIDDEN)
        for rule in found
    ]
    if any(not it.overridable for it in listed):
        words = "This visit is not possible: `rules` says what stands against it for good."
    elif listed:
        words = "A manager can override exactly these `rules`, with a reason."
    else:
        words = "No rule stands against this visit: leave `override` out."
    return RulesBroken(words, listed)


def _actor(act: Act) -> service.Actor:
    return service.Actor("manager" if "manager" in act.roles else "helpdesk", act.actor_id)
