"""What the helpdesk does with a ticket in its customer's name; the customer sees it at once too."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from litestar import Controller, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Principal, Requires, SignedInRequest
from api.kernel.errors import FieldError, Invalid
from api.messages import TicketRequestKind, Window
from api.sysops.tickets import changes, service
from api.sysops.tickets.ticket_views import (
    Amending,
    Cancellation,
    Note,
    RaisedPriority,
    Reopening,
    Rescheduling,
    TicketDetail,
    TicketView,
    detail,
    view,
    window_errors,
)


def actor_of(user: Principal) -> service.Actor:
    """Who acts, by the role that lets them."""
    return service.Actor("helpdesk" if "helpdesk" in user.roles else "manager", user.id)


class DeskController(Controller):
    """Decided at once, by the table of transitions; a refusal says what is allowed."""

    path = "/tickets/{ticket_id:uuid}"
    guards = [Requires("helpdesk", "manager")]  # noqa: RUF012 - Litestar's way

    @post("/cancel", status_code=200, summary="Cancel a ticket")
    async def cancel(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[Cancellation],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Until the expert begins. An expert who was to come is told not to."""
        actor = actor_of(request.user)
        return await _change(session, ticket_id, "cancel", actor, now, data.reason)

    @post("/reopen", status_code=200, summary="Reopen a ticket")
    async def reopen(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[Reopening],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Within 14 days of its resolution."""
        actor = actor_of(request.user)
        return await _change(session, ticket_id, "reopen", actor, now, data.reason)

    @post("/reschedule", status_code=200, summary="Find another time for a ticket")
    async def reschedule(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[Rescheduling],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Until the expert begins. A visit that was planned is off, and a new one is looked for.

        This is also how an escalated ticket goes on after somebody has called the customer.
        """
        if errors := window_errors(data.preferred_windows, now):
            raise Invalid(errors)
        actor, windows = actor_of(request.user), data.preferred_windows
        return await _change(session, ticket_id, "reschedule", actor, now, data.reason, windows)

    @post("/priority", status_code=200, summary="Raise a ticket's priority")
    async def raise_priority(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[RaisedPriority],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Above what the plan gives, until the expert begins. It is never lowered."""
        ticket = await service.load(session, ticket_id)
        actor = actor_of(request.user)
        await changes.raise_priority(session, ticket, data.priority, actor, now, reason=data.reason)
        return view(ticket, now)

    @patch(summary="Correct contact or description")
    async def amend(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[Amending],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketDetail:
        """Until the ticket is resolved. The expert who is to come sees it in the visit."""
        amendment = changes.Amendment(
            data.contact_name or None, data.contact_phone or None, data.description or None
        )
        if amendment == changes.Amendment():
            words = "Say what to correct: contact_name, contact_phone or description."
            raise Invalid([FieldError("", words)])
        ticket = await service.load(session, ticket_id)
        actor = actor_of(request.user)
        await changes.amend(session, ticket, amendment, actor, now, reason=data.reason)
        return await detail(session, ticket_id, now)

    @post("/notes", summary="Note something for other staff")
    async def note(
        self,
        ticket_id: FromPath[UUID],
        data: JSONBody[Note],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketDetail:
        """Staff see it at the ticket, the expert at the visit; the customer never does."""
        ticket = await service.load(session, ticket_id)
        await changes.note(session, ticket, request.user.id, data.text, now)
        return await detail(session, ticket_id, now)


async def _change(
    session: AsyncSession,
    ticket_id: UUID,
    kind: TicketRequestKind,
    actor: service.Actor,
    now: datetime,
    reason: str,
    windows: Sequence[Window] = (),
) -> TicketView:
    ticket = await service.load(session, ticket_id)
    await changes.change(
        session, ticket, kind, actor, now, reason=reason, preferred_windows=windows
    )
    return view(ticket, now)
