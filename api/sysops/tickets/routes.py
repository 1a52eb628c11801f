"""Tickets for the helpdesk and those who oversee it."""

from datetime import datetime
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.errors import Invalid
from api.kernel.fields import place
from api.messages import ServiceAddress
from api.sysops.tickets import intake
from api.sysops.tickets.ticket_views import (
    PhoneTicket,
    TicketDetail,
    TicketView,
    detail,
    view,
    window_errors,
)

OVERSEERS = ("helpdesk", "manager", "administrator")


def _new_ticket(data: PhoneTicket, now: datetime) -> intake.NewTicket:
    where = place(data.address.zip)
    errors = window_errors(data.preferred_windows, now)
    if errors or where is None:
        raise Invalid(errors)
    return intake.NewTicket(
        id=None,
        customer_id=data.customer_id,
        contract_id=data.contract_id,
        contact_name=data.contact_name,
        contact_phone=data.contact_phone,
        address=ServiceAddress(
            line1=data.address.line1,
            line2=data.address.line2,
            city=data.address.city,
            state=where.state,
            zip=where.zip,
            latitude=where.latitude,
            longitude=where.longitude,
            time_zone=where.time_zone,
        ),
        ticket_type=data.ticket_type,
        description=data.description,
        priority=data.priority,
        preferred_windows=data.preferred_windows,
        submitted_at=now,
    )


class TicketController(Controller):
    path = "/"

    @post("/tickets", guards=[Requires("helpdesk")], summary="Take a ticket by phone")
    async def take(
        self,
        data: JSONBody[PhoneTicket],
        request: SignedInRequest,
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketView:
        """Opens the ticket in the customer's name; the customer sees it at once too."""
        new = _new_ticket(data, now)
        return view(await intake.take_by_phone(session, new, request.user.id, now), now)

    @get("/tickets/{ticket_id:uuid}", guards=[Requires(*OVERSEERS)], summary="One ticket")
    async def ticket(
        self,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketDetail:
        """The ticket with all its events, everybody who was proposed, the notes of staff, and
        what its customer was not told.
        """
        return await detail(session, ticket_id, now)
