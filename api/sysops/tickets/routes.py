"""Tickets for the helpdesk and those who oversee it."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.errors import Invalid
from api.kernel.fields import Line, place
from api.messages import ServiceAddress
from api.sysops.tickets import intake
from api.sysops.tickets.tables import Customer, Entitlement
from api.sysops.tickets.ticket_views import (
    PhoneTicket,
    TicketDetail,
    TicketView,
    detail,
    view,
    window_errors,
)

OVERSEERS = ("helpdesk", "manager", "administrator")


class SearchWords(Line):
    """What the helpdesk looks for: less than three characters would be half the directory."""

    @classmethod
    def parse(cls, raw: str) -> Self:
        words = super().parse(raw)
        if len(words) < 3:
            raise ValueError("Give three characters or more.")
        return words


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
