"""Customers submit tickets, follow them, and ask for changes."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.attachments import service as attachments
from api.customer.attachments.views import AttachmentView
from api.customer.guards import CUSTOMERS
from api.customer.tickets import service, submitting
from api.customer.tickets.views import (
    CancelBody,
    NewTicketBody,
    PendingRequest,
    ReopenBody,
    RescheduleBody,
    TicketPage,
    TicketView,
    TicketWithTimeline,
    parts_of,
    pending_of,
    timeline_of,
    windows_of,
)
from api.kernel.auth import SignedInRequest
from api.kernel.paging import PageCursor, PageSize, cut, position, position_of


class TicketController(Controller):
    path = "/tickets"
    guards = CUSTOMERS

    @post(summary="Submit a ticket")
    async def submit(
        self,
        request: SignedInRequest,
        data: JSONBody[NewTicketBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Needs a running contract in good standing that covers the device.

        The ticket is safe when this answers. Preferred windows lie in the future, last two
        hours or more and end within 60 days; without any, every time suits. `attachment_ids`
        are photos that you uploaded before, six at most.
        """
        new = submitting.NewTicket(
            contract_id=data.contract_id,
            address_id=data.address_id,
            ticket_type=data.ticket_type,
            description=data.description,
            preferred_windows=windows_of(data.preferred_windows),
            attachment_ids=data.attachment_ids,
        )
        return TicketView.of(await submitting.submit(session, request.user.id, new, now), now)

    @get(summary="My tickets")
    async def tickets(
        self,
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
        limit: PageSize = 20,
        cursor: PageCursor = None,
    ) -> TicketPage:
        """The newest first, page by page."""
        after = position_of(cursor) if cursor else None
        found = await service.page(session, request.user.id, after, limit + 1)
        shown, more = cut(found, limit, lambda it: position(it.submitted_at, it.id))
        return TicketPage([TicketView.of(ticket, now) for ticket in shown], more)

    @get("/{ticket_id:uuid}", summary="One ticket")
    async def ticket(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketWithTimeline:
        """A ticket with its timeline in plain words, its photos, and the parts visits used."""
        ticket, timeline = await service.find(session, request.user.id, ticket_id)
        photos = await attachments.of_ticket(session, ticket.id)
        return TicketWithTimeline.of(
            ticket,
            now,
            timeline=timeline_of(timeline),
            attachments=[AttachmentView.of(it) for it in photos],
            parts=parts_of(timeline),
        )

    @post("/{ticket_id:uuid}/cancel", status_code=202, summary="Ask to cancel a ticket")
    async def cancel(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        data: JSONBody[CancelBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PendingRequest:
        """Possible until the expert begins. The answer shows in the ticket."""
        account_id = request.user.id
        ticket = await service.ask(
            session, account_id, ticket_id, "cancel", now, reason=data.reason or ""
        )
        return pending_of(ticket)

    @post("/{ticket_id:uuid}/reopen", status_code=202, summary="Ask to reopen a ticket")
    async def reopen(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        data: JSONBody[ReopenBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PendingRequest:
        """Possible within 14 days of the resolution. The answer shows in the ticket."""
        account_id = request.user.id
        ticket = await service.ask(
            session, account_id, ticket_id, "reopen", now, reason=data.reason
        )
        return pending_of(ticket)

    @post("/{ticket_id:uuid}/reschedule", status_code=202, summary="Ask for another time")
    async def reschedule(
        self,
        request: SignedInRequest,
        ticket_id: FromPath[UUID],
        data: JSONBody[RescheduleBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> PendingRequest:
        """Possible until the expert begins; the windows replace those of the ticket."""
        ticket = await service.ask(
            session,
            request.user.id,
            ticket_id,
            "reschedule",
            now,
            reason=data.reason or "",
            preferred_windows=windows_of(data.preferred_windows),
        )
        return pending_of(ticket)
