"""An expert whom the helpdesk or a manager chooses for a ticket, and visits that are pinned."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line
from api.messages import Window
from api.sysops.assignment import by_hand
from api.sysops.audit.routes import act_of
from api.sysops.experts.rules import Rule
from api.sysops.tickets.routes import OVERSEERS
from api.sysops.tickets.tables import Assignment
from api.sysops.tickets.ticket_views import AssignmentView, assignments

DESK = Requires("helpdesk", "manager")


class ChoiceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Who is to come, in a window of two hours. Nothing automatic takes a `pinned` visit back.

    `override` names the rules that are waived, exactly those that the refusal listed, with the
    `reason`: managers alone.
    """

    expert_id: UUID
    window: Window
    pinned: bool = False
    override: Annotated[list[Rule], Meta(max_length=20)] = []
    reason: Line | None = None


class HandController(Controller):
    path = "/tickets/{ticket_id:uuid}/assignment"

    @get(guards=[Requires(*OVERSEERS)], summary="The visit that is planned")
    async def standing(
        self, ticket_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> AssignmentView:
        """The proposal or promise that stands for a ticket now; 404 when there is none."""
        return await _view(session, await by_hand.standing(session, ticket_id))

    @put(guards=[DESK], summary="Assign an expert by hand")
    async def assign(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        data: JSONBody[ChoiceBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> AssignmentView:
        """Proposes the visit to this expert, who can accept or reject it as any other.

        A visit that stands for the ticket is withdrawn, and everybody concerned is told. Every
        hard rule is checked; a refusal (409) lists all `rules` that stand against it, and which of
        them a manager can override. Sent again, it changes nothing.
        """
        choice = by_hand.Choice(
            expert_id=data.expert_id,
            window=_in_utc(data.window),
            pinned=data.pinned,
            override=tuple(dict.fromkeys(data.override)),
            reason=data.reason,
        )
        act = act_of(request, now)
        return await _view(session, await by_hand.assign(session, act, ticket_id, choice))

    @post("/pin", guards=[DESK], status_code=200, summary="Pin the planned visit")
    async def pin(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> AssignmentView:
        """From now on nothing automatic takes this visit back, unless its expert is gone or away.

        The expert can still reject it, and the customer reschedule it. Managers are told of what
        becomes of it.
        """
        act = act_of(request, now)
        return await _view(session, await by_hand.pin(session, act, ticket_id, pinned=True))

    @post("/unpin", guards=[DESK], status_code=200, summary="Let a pinned visit go")
    async def unpin(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> AssignmentView:
        """The visit is again like any other; rules that were waived for it stay so."""
        act = act_of(request, now)
        return await _view(session, await by_hand.pin(session, act, ticket_id, pinned=False))


def _in_utc(window: Window) -> Window:
    """A time without an offset stays so, and is refused."""
    if window.start.tzinfo is None or window.end.tzinfo is None:
        return window
    return Window(window.start.astimezone(UTC), window.end.astimezone(UTC))


async def _view(session: AsyncSession, assignment: Assignment) -> AssignmentView:
    (view,) = await assignments(session, Assignment.id == assignment.id)
    return view
