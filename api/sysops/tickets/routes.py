"""Tickets for the helpdesk and those who oversee it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.errors import FieldError, Invalid, NotFound
from api.kernel.fields import Line, Phone, Prose, Zip, place
from api.messages import Priority, ServiceAddress, TicketStatus, Window
from api.sysops.attachments import service as photos
from api.sysops.staff.tables import Staff
from api.sysops.tickets import intake, rules, service
from api.sysops.tickets.tables import Assignment, Ticket, TicketEvent

OVERSEERS = ("helpdesk", "manager", "administrator")


class VisitAddress(msgspec.Struct, forbid_unknown_fields=True):
    line1: Line
    city: Line
    zip: Zip
    line2: Line | None = None


class PhoneTicket(msgspec.Struct, forbid_unknown_fields=True):
    """A ticket taken by phone, in the customer's name."""

    customer_id: UUID
    contract_id: UUID
    contact_name: Line
    contact_phone: Phone
    address: VisitAddress
    ticket_type: Line
    description: Prose
    priority: Priority = "normal"
    preferred_windows: Annotated[list[Window], Meta(max_length=10)] = []


class EventView(msgspec.Struct):
    version: int
    at: datetime
    actor: str
    status: str
    reason: str | None


class AssignmentView(msgspec.Struct):
    """Who was proposed, with what the helpdesk needs to reach that expert."""

    id: UUID
    expert_id: UUID
    expert_name: str
    expert_email: str
    expert_phone: str
    window: Window
    status: str
    travel_km: float
    answer_by: datetime
    reason: str | None


class TicketView(msgspec.Struct):
    """A ticket as staff see it; `allowed_actions` is what the state machine accepts now."""

    id: UUID
    number: int
    customer_id: UUID
    contract_id: UUID
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    channel: str
    status: TicketStatus
    version: int
    submitted_at: datetime
    sla_due_at: datetime
    resolved_at: datetime | None
    resolution: str | None
    allowed_actions: list[str]


class TicketDetail(msgspec.Struct):
    """`attachment_count` is how many photos there are at `/tickets/{id}/attachments`."""

    ticket: TicketView
    events: list[EventView]
    assignments: list[AssignmentView]
    attachment_count: int


def view(ticket: Ticket, now: datetime) -> TicketView:
    """What staff see of a ticket."""
    own = {
        field.name: getattr(ticket, field.name)
        for field in msgspec.structs.fields(TicketView)
        if field.name not in {"address", "allowed_actions"}
    }
    allowed = rules.allowed_actions(ticket.status, now=now, resolved_at=ticket.resolved_at)
    return TicketView(**own, address=service.address_of(ticket), allowed_actions=list(allowed))


def _new_ticket(data: PhoneTicket, now: datetime) -> intake.NewTicket:
    where = place(data.address.zip)
    errors = [
        FieldError(f"/preferred_windows/{index}", wrong)
        for index, window in enumerate(data.preferred_windows)
        if (wrong := rules.window_problem(window, now))
    ]
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
    async def detail(
        self,
        ticket_id: FromPath[UUID],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> TicketDetail:
        """The ticket with all its events and everybody who was proposed."""
        ticket = await session.get(Ticket, ticket_id)
        if ticket is None:
            raise NotFound("There is no such ticket.")
        events = await session.scalars(
            select(TicketEvent)
            .where(TicketEvent.ticket_id == ticket_id)
            .order_by(TicketEvent.version)
        )
        assignments = await session.execute(
            select(Assignment, Staff)
            .join(Staff, Staff.id == Assignment.expert_id)
            .where(Assignment.ticket_id == ticket_id)
            .order_by(Assignment.proposed_at)
        )
        return TicketDetail(
            ticket=view(ticket, now),
            events=[EventView(e.version, e.at, e.actor, e.to_status, e.reason) for e in events],
            assignments=[
                _assignment_view(assignment, expert) for assignment, expert in assignments
            ],
            attachment_count=(await photos.counts(session, [ticket_id])).get(ticket_id, 0),
        )


def _assignment_view(assignment: Assignment, expert: Staff) -> AssignmentView:
    return AssignmentView(
        id=assignment.id,
        expert_id=expert.id,
        expert_name=expert.full_name,
        expert_email=expert.email,
        expert_phone=expert.phone,
        window=service.window_of(assignment),
        status=assignment.status,
        travel_km=assignment.travel_km,
        answer_by=assignment.answer_by,
        reason=assignment.reason,
    )
