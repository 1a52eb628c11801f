"""What customers and billing tell sysops about tickets."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.erasure import is_erased
from api.kernel.errors import TransitionRefused
from api.messages import (
    ContractStandingToSysops,
    CustomerChanged,
    EntitlementChanged,
    SurveyOutcome,
    TicketCreated,
    TicketRequested,
)
from api.sysops.notifications.service import notify_managers
from api.sysops.tickets import changes, entitlements, intake, rules, service, telling
from api.sysops.tickets.tables import Customer, Ticket, TicketEvent


async def ticket_created(session: AsyncSession, message: TicketCreated, now: datetime) -> None:
    """Open the ticket, and tell the customer quantum its number; once, however often it is told.

    None is opened for somebody who was erased: nobody could be visited.
    """
    here = await session.get(Ticket, message.ticket_id)
    if here is not None:
        await telling.tell_again(session, here)
        return
    if await is_erased(session, message.customer_id):
        return
    actor = service.Actor("customer", message.customer_id)
    ticket, opened = await intake.open_ticket(session, _new(message), "web", actor, now)
    await telling.tell(session, ticket, opened)


async def tickets_created(
    session: AsyncSession, messages: Sequence[TicketCreated], now: datetime
) -> None:
    """The same for many that are all told for the first time; raises OutOfTheOrdinary."""
    opened = await intake.open_together(session, [_new(it) for it in messages], now)
    await outbox.send(session, *(telling.opened(it.id, it.number, now) for it in opened))


def _new(message: TicketCreated) -> intake.NewTicket:
    return intake.NewTicket(
        id=message.ticket_id,
        customer_id=message.customer_id,
        contract_id=message.contract_id,
        contact_name=message.contact_name,
        contact_phone=message.contact_phone,
        address=message.address,
        ticket_type=message.ticket_type,
        description=message.description,
        priority=message.priority,
        preferred_windows=message.preferred_windows,
        submitted_at=message.submitted_at,
    )


async def ticket_requested(session: AsyncSession, message: TicketRequested, now: datetime) -> None:
    """Do what the customer asks, or answer why not and what is allowed."""
    ticket = await session.get(Ticket, message.ticket_id, with_for_update=service.LOCK)
    if ticket is None:
        raise intake.NotYetKnown(f"Ticket {message.ticket_id} is not here yet.")
    try:
        await changes.change(
            session,
            ticket,
            message.kind,
            service.Actor("customer", ticket.customer_id),
            now,
            reason=message.reason,
            preferred_windows=message.preferred_windows,
            request_id=message.request_id,
        )
    except TransitionRefused as refusal:
        await telling.tell_refusal(
            session,
            ticket,
            now,
            request_id=message.request_id,
            reason=refusal.detail,
            allowed=tuple(refusal.allowed),
        )


async def customer_changed(session: AsyncSession, message: CustomerChanged, now: datetime) -> None:
    """Keep the directory. An older version changes nothing, and who was erased stays so."""
    if await is_erased(session, message.customer_id):
        return
    values = {
        "version": message.version,
        "full_name": message.full_name,
        "email": message.email,
        "phone": message.phone,
        "addresses": msgspec.to_builtins(message.addresses),
        "updated_at": now,
    }
    await session.execute(
        insert(Customer)
        .values(id=message.customer_id, **values)
        .on_conflict_do_update(
            index_elements=[Customer.id], set_=values, where=Customer.version < message.version
        )
    )


async def entitlement_changed(
    session: AsyncSession, message: EntitlementChanged, _: datetime
) -> None:
    values = {
        "customer_id": message.customer_id,
        "plan_code": message.plan_code,
        "status": "active" if message.status == "active" else "cancelled",
        "version": message.version,
        "replaced_by": message.replaced_by,
    }
    await entitlements.keep(session, message.contract_id, values, "version")


async def contract_standing(
    session: AsyncSession, message: ContractStandingToSysops, _: datetime
) -> None:
    """Billing's word may arrive before the customer quantum's; then it waits in the row."""
    values = {"standing": message.standing, "standing_version": message.version}
    await entitlements.keep(session, message.contract_id, values, "standing_version")


async def survey_outcome(session: AsyncSession, message: SurveyOutcome, now: datetime) -> None:
    """An answered survey closes the ticket; a low score goes to the managers."""
    ticket = await session.get(Ticket, message.ticket_id, with_for_update=service.LOCK)
    if ticket is None:
        raise intake.NotYetKnown(f"Ticket {message.ticket_id} is not here yet.")
    if ticket.status == "resolved" and await _is_of_this_resolution(session, ticket, message):
        await service.transition(session, ticket, "close", service.SYSTEM, now)
    if message.score <= rules.LOW_SCORE:
        await notify_managers(
            session,
            "low_score",
            cause=f"{ticket.id}/{message.answered_at.isoformat()}",
            context={"number": ticket.number, "score": message.score},
            ticket_id=ticket.id,
            now=now,
        )


async def _is_of_this_resolution(
    session: AsyncSession, ticket: Ticket, message: SurveyOutcome
) -> bool:
    """Whether the survey asked about the resolution that stands: a ticket that was reopened and
    resolved again is not closed by an answer about the first time.
    """
    if message.ticket_version is None:
        return True
    resolved_at = await session.scalar(
        select(TicketEvent.at).where(
            TicketEvent.ticket_id == ticket.id, TicketEvent.version == message.ticket_version
        )
    )
    return resolved_at == ticket.resolved_at
