"""What sysops tells of tickets, kept in the customer's view and told to the customer."""

from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Address
from api.customer.surveys.service import invite
from api.customer.tickets import rules, telling
from api.customer.tickets.projection import Projection, advance
from api.customer.tickets.tables import Ticket, TicketTimeline
from api.customer.unknown import NotYetKnown
from api.kernel.erasure import is_erased
from api.messages import PhoneTicketCreated, ServiceAddress, TicketProgress, TicketStatus, Window


async def ticket_progress(session: AsyncSession, message: TicketProgress, now: datetime) -> None:
    """Follow the ticket, answer the customer's request, and tell what cannot wait.

    Raises NotYetKnown for a ticket that is not here: one taken by phone may be behind.
    """
    ticket = await session.get(Ticket, message.ticket_id, with_for_update=True)
    if ticket is None:
        raise NotYetKnown(f"Ticket {message.ticket_id} is not here yet.")
    if await is_erased(session, ticket.account_id):
        # The state is followed; what was written about the visit is not kept.
        message = msgspec.structs.replace(message, reason=None, expert_name=None, resolution=None)
    ticket.number = message.number
    await _answer(session, ticket, message, now)
    if message.request_accepted is False:
        # A refusal repeats the state as it is; that state has a message of its own.
        return
    before = _projection(ticket)
    after = advance(before, message)
    if after != before:
        _project(ticket, after, now)
    _correct(ticket, message, now)
    await _add_to_timeline(session, ticket, message.version, message.status, message.at, message)
    await session.flush()
    await telling.step(session, ticket, before, after, message, now)
    if message.status == "resolved":
        context = await telling.about(session, ticket) | {"resolution": message.resolution}
        await invite(session, ticket, message.version, context, now)


async def phone_ticket_created(
    session: AsyncSession, message: PhoneTicketCreated, now: datetime
) -> None:
    """A ticket that the helpdesk took; from here on it is like any other.

    Of somebody who was erased nothing is written.
    """
    if await is_erased(session, message.customer_id):
        return
    address = await _address(session, message, now)
    ticket_id = await session.scalar(
        insert(Ticket)
        .values(
            id=message.ticket_id,
            number=message.number,
            account_id=message.customer_id,
            contract_id=message.contract_id,
            address_id=address.id,
            ticket_type=message.ticket_type,
            description=message.description,
            priority=message.priority,
            channel="phone",
            status=message.status,
            version=message.version,
            preferred_windows=msgspec.to_builtins(message.preferred_windows),
            submitted_at=message.submitted_at,
            updated_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Ticket.id)
    )
    if ticket_id is None:
        return
    ticket = await session.get_one(Ticket, ticket_id)
    at = message.submitted_at
    await _add_to_timeline(session, ticket, 0, "submitted", at)
    await _add_to_timeline(session, ticket, message.version, message.status, at)


def _projection(ticket: Ticket) -> Projection:
    window = None
    if ticket.window_start is not None and ticket.window_end is not None:
        window = Window(ticket.window_start, ticket.window_end)
    return Projection(
        version=ticket.version,
        status=ticket.status,
        expert_name=ticket.expert_name,
        window=window,
        set_out_at=ticket.set_out_at,
        customer_absences=ticket.customer_absences,
        expert_absences=ticket.expert_absences,
        resolution=ticket.resolution,
        resolved_at=ticket.resolved_at,
    )


def _project(ticket: Ticket, view: Projection, now: datetime) -> None:
    ticket.version = view.version
    ticket.status = view.status
    ticket.expert_name = view.expert_name
    ticket.window_start = view.window.start if view.window else None
    ticket.window_end = view.window.end if view.window else None
    ticket.set_out_at = view.set_out_at
    ticket.customer_absences = view.customer_absences
    ticket.expert_absences = view.expert_absences
    ticket.resolution = view.resolution
    ticket.resolved_at = view.resolved_at
    ticket.updated_at = now


def _correct(ticket: Ticket, message: TicketProgress, now: datetime) -> None:
    """Take over what was changed of the ticket; the newest details count, whenever they came."""
    details = message.details
    if details is not None and message.version > ticket.details_version:
        ticket.details_version = message.version
        ticket.description = details.description
        ticket.priority = details.priority
        ticket.preferred_windows = msgspec.to_builtins(list(details.preferred_windows))
        ticket.updated_at = now


async def _add_to_timeline(
    session: AsyncSession,
    ticket: Ticket,
    version: int,
    status: TicketStatus,
    at: datetime,
    message: TicketProgress | None = None,
) -> None:
    """Every version has its line, also one that came late; a repetition does nothing."""
    await session.execute(
        insert(TicketTimeline)
        .values(
            ticket_id=ticket.id,
            version=version,
            status=status,
            at=at,
            reason=message.reason if message else None,
            action=message.action if message else None,
            parts=msgspec.to_builtins(list(message.parts)) if message else [],
        )
        .on_conflict_do_nothing()
    )


async def _answer(
    session: AsyncSession, ticket: Ticket, message: TicketProgress, now: datetime
) -> None:
    """Close the pending request that this message answers; a refusal is told."""
    kind = ticket.pending_request
    if kind is None or message.request_id != ticket.pending_request_id:
        return
    accepted = message.request_accepted is True
    allowed = [name for name in rules.REQUESTS if name in message.allowed]
    ticket.pending_request = None
    ticket.pending_request_id = None
    ticket.last_answer = {
        "kind": kind,
        "accepted": accepted,
        "reason": None if accepted else message.reason,
        "allowed": allowed,
        "at": message.at.isoformat(),
    }
    ticket.updated_at = now
    await session.flush()
    if not accepted:
        await telling.refusal(session, ticket, kind, allowed, message, now)


async def _address(session: AsyncSession, message: PhoneTicketCreated, now: datetime) -> Address:
    """The customer's address that the ticket names, added when it is new."""
    wanted: ServiceAddress = message.address
    query = select(Address).where(
        Address.account_id == message.customer_id,
        Address.line1 == wanted.line1,
        Address.line2.is_not_distinct_from(wanted.line2),
        Address.city == wanted.city,
        Address.zip == wanted.zip,
        Address.removed_at.is_(None),
    )
    address = (await session.scalars(query.order_by(Address.id).limit(1))).one_or_none()
    if address is None:
        address = Address(
            account_id=message.customer_id, created_at=now, **msgspec.structs.asdict(wanted)
        )
        session.add(address)
        await session.flush()
    return address
