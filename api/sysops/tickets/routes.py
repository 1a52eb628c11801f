"""Tickets for the helpdesk and those who oversee it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.errors import FieldError, Invalid, NotFound
from api.kernel.fields import Line, Phone, Prose, Zip, place
from api.messages import Priority, ServiceAddress, TicketStatus, Window
from api.sysops.attachments import service as photos
from api.sysops.staff.tables import Staff
from api.sysops.tickets import intake, rules, service, unreached
from api.sysops.tickets.tables import Assignment, Customer, Entitlement, Ticket, TicketEvent

OVERSEERS = ("helpdesk", "manager", "administrator")


class SearchWords(Line):
    """What the helpdesk looks for: less than three characters would be half the directory."""

    @classmethod
    def parse(cls, raw: str) -> Self:
        words = super().parse(raw)
        if len(words) < 3:
            raise ValueError("Give three characters or more.")
        return words


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


class UnreachedView(msgspec.Struct):
    """What the customer was not told by any channel; `code` is the mail or SMS provider's."""

    at: datetime
    kind: str
    code: str


class TicketDetail(msgspec.Struct):
    """`attachment_count` is how many photos there are at `/tickets/{id}/attachments`; `unreached`
    is empty while the customer was reached with everything.
    """

    ticket: TicketView
    events: list[EventView]
    assignments: list[AssignmentView]
    attachment_count: int
    unreached: list[UnreachedView]


class EntitlementView(msgspec.Struct):
    contract_id: UUID
    plan_code: str | None
    status: str
    standing: str


class CustomerView(msgspec.Struct):
    """A customer of the directory, with what their contracts entitle to."""

    id: UUID
    full_name: str
    email: str
    phone: str
    addresses: list[dict[str, Any]]
    entitlements: list[EntitlementView]


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
        """The ticket with all its events, everybody who was proposed, and what its customer was
        not told.
        """
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
            unreached=[
                UnreachedView(it.at, it.kind, it.code)
                for it in await unreached.of_ticket(session, ticket_id)
            ],
        )

    @get("/customers", guards=[Requires(*OVERSEERS)], summary="Find a customer")
    async def customers(
        self,
        session: NamedDependency[AsyncSession],
        text: Annotated[SearchWords, QueryParameter(description="E-mail, phone or name.")],
    ) -> list[CustomerView]:
        """At most 20 customers by exact e-mail or phone, or by the start of their name."""
        found = await session.scalars(customers_matching(text))
        customers = found.all()
        entitlements = await session.scalars(
            select(Entitlement).where(Entitlement.customer_id.in_([c.id for c in customers]))
        )
        held: dict[UUID | None, list[EntitlementView]] = {}
        for item in entitlements:
            own = EntitlementView(item.contract_id, item.plan_code, item.status, item.standing)
            held.setdefault(item.customer_id, []).append(own)
        return [
            CustomerView(c.id, c.full_name, c.email, c.phone, c.addresses, held.get(c.id, []))
            for c in customers
        ]


def customers_matching(words: str) -> Select[Customer]:
    """At most 20 customers by exact e-mail or phone, or by the start of their name."""
    return (
        select(Customer)
        .where(
            or_(
                Customer.email == words.lower(),
                Customer.phone == words,
                func.lower(Customer.full_name).startswith(words.lower(), autoescape=True),
            )
        )
        .order_by(Customer.full_name, Customer.id)
        .limit(20)
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
