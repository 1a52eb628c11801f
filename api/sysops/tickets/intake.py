"""How a ticket enters sysops: from the customer quantum, or taken by phone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox, tracing
from api.kernel.erasure import any_erased
from api.kernel.errors import Conflict, FieldError, Invalid
from api.kernel.sets import insert_of
from api.messages import PhoneTicketCreated, Priority, ServiceAddress, Window
from api.sysops.catalogue.tables import SupportPlan, TicketType
from api.sysops.tickets import service, telling
from api.sysops.tickets.tables import Customer, Entitlement, Ticket, TicketEvent


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """A ticket as somebody described it; `id` is None until the database makes it."""

    id: UUID | None
    customer_id: UUID
    contract_id: UUID
    contact_name: str
    contact_phone: str
    address: ServiceAddress
    ticket_type: str
    description: str
    priority: Priority
    preferred_windows: list[Window]
    submitted_at: datetime


class NotYetKnown(Exception):
    """What this refers to has not arrived; the message will be tried again."""


class OutOfTheOrdinary(Exception):
    """Not all of a batch are new tickets that can be opened as they are."""


async def open_ticket(
    session: AsyncSession, new: NewTicket, channel: str, actor: service.Actor, now: datetime
) -> tuple[Ticket, TicketEvent]:
    """Write the ticket as `open`, with its first event."""
    sla_hours = (await _sla_hours(session, [new.contract_id])).get(new.contract_id)
    if sla_hours is None:
        raise NotYetKnown(f"The entitlement of contract {new.contract_id} is not here yet.")
    ticket = Ticket(**_values_of(new, channel, sla_hours, now))
    session.add(ticket)
    await session.flush()
    event = TicketEvent(**_opening_of(ticket.id, actor, now))
    session.add(event)
    await session.flush()
    return ticket, event


async def open_together(
    session: AsyncSession, new: Sequence[NewTicket], now: datetime
) -> Sequence[Row[UUID, int]]:
    """The same for tickets that customers submitted: their ids and numbers.

    Rows, not objects: those would be a third of the work. Raises OutOfTheOrdinary.
    """
    sla_hours = await _sla_hours(session, [it.contract_id for it in new])
    customers = [it.customer_id for it in new]
    if any(it.contract_id not in sla_hours for it in new) or await any_erased(session, customers):
        raise OutOfTheOrdinary
    rows = [_values_of(it, "web", sla_hours[it.contract_id], now) for it in new]
    # To look first whether one is here would be planned for a small table, and read all of a
    # large one until it is analyzed.
    numbered = insert_of(Ticket, rows).on_conflict_do_nothing(index_elements=[Ticket.id])
    made = (await session.execute(numbered.returning(Ticket.id, Ticket.number))).all()
    if len(made) < len(rows):
        raise OutOfTheOrdinary
    events = [
        _opening_of(row["id"], service.Actor("customer", row["customer_id"]), now) for row in rows
    ]
    await session.execute(insert_of(TicketEvent, events))
    return made


async def _sla_hours(session: AsyncSession, contracts: Sequence[UUID]) -> dict[UUID, int]:
    """What the plan of each contract promises, as far as it is known here."""
    query = (
        select(Entitlement.contract_id, SupportPlan.sla_hours)
        .join(SupportPlan, SupportPlan.code == Entitlement.plan_code)
        .where(Entitlement.contract_id.in_(contracts))
    )
    rows = await session.execute(query)
    return {row.contract_id: row.sla_hours for row in rows}


def _values_of(new: NewTicket, channel: str, sla_hours: int, now: datetime) -> dict[str, Any]:
    values = dict(
        customer_id=new.customer_id,
        contract_id=new.contract_id,
        contact_name=new.contact_name,
        contact_phone=new.contact_phone,
        **msgspec.structs.asdict(new.address),
        ticket_type=new.ticket_type,
        description=new.description,
        priority=new.priority,
        channel=channel,
        status="open",
        version=1,
        preferred_windows=msgspec.to_builtins(new.preferred_windows),
        customer_absences=0,
        expert_absences=0,
        submitted_at=new.submitted_at,
        sla_due_at=new.submitted_at + timedelta(hours=sla_hours),
        updated_at=now,
    )
    return values if new.id is None else {"id": new.id, **values}


def _opening_of(ticket_id: UUID, actor: service.Actor, now: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "version": 1,
        "at": now,
        "actor": actor.kind,
        "actor_id": actor.id,
        "from_status": "submitted",
        "to_status": "open",
        "action": "open",
    }


async def take_by_phone(
    session: AsyncSession, new: NewTicket, helpdesk_id: UUID, now: datetime
) -> Ticket:
    """Open a ticket in a customer's name, and let the customer quantum have it too.

    Raises Invalid for what does not exist, Conflict when no support can be given.
    """
    await _check(session, new)
    actor = service.Actor("helpdesk", helpdesk_id)
    ticket, _ = await open_ticket(session, new, "phone", actor, now)
    tracing.begins(ticket.id)
    await outbox.send(session, taken_by_phone(ticket))
    return ticket


def taken_by_phone(ticket: Ticket) -> PhoneTicketCreated:
    """What the customer quantum is told of a phone ticket: how it began, whatever became of it."""
    return PhoneTicketCreated(
        ticket_id=ticket.id,
        number=ticket.number,
        customer_id=ticket.customer_id,
        contract_id=ticket.contract_id,
        address=telling.address_of(ticket),
        ticket_type=ticket.ticket_type,
        description=ticket.description,
        priority=ticket.priority,
        preferred_windows=list(telling.preferred_of(ticket)),
        submitted_at=ticket.submitted_at,
        version=1,
        status="open",
    )


async def _check(session: AsyncSession, new: NewTicket) -> None:
    errors: list[FieldError] = []
    if await session.get(Customer, new.customer_id) is None:
        errors.append(FieldError("/customer_id", "There is no such customer."))
    entitlement = await session.get(Entitlement, new.contract_id)
    if entitlement is None or entitlement.customer_id != new.customer_id:
        errors.append(FieldError("/contract_id", "This customer has no such contract."))
    ticket_type = await session.get(TicketType, new.ticket_type)
    if ticket_type is None or not ticket_type.active:
        errors.append(FieldError("/ticket_type", "There is no such ticket type."))
    if errors or entitlement is None or ticket_type is None:
        raise Invalid(errors)
    if entitlement.status != "active" or entitlement.standing != "good":
        raise Conflict("The contract is not in force; the customer can renew it or pay first.")
    plan = await session.get(SupportPlan, entitlement.plan_code)
    if plan is None or ticket_type.device_type not in plan.device_types:
        raise Conflict("The customer's support plan does not cover this kind of device.")
