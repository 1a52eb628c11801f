"""Submitting tickets, the path that must be quick: one statement reads, another writes.

Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.completeness import require_complete
from api.customer.attachments import service as attachments
from api.customer.tickets import rules
from api.customer.tickets.service import in_utc
from api.customer.tickets.tables import Ticket
from api.kernel import outbox, tracing
from api.kernel.errors import FieldError, Invalid, NotFound
from api.messages import ServiceAddress, TicketCreated, Window

# What a ticket stands on; null for what does not exist or is somebody else's. The database makes
# the ticket's id here, for the message that is written with the ticket names it.
_GROUND: Final = text("""
SELECT uuidv7() AS ticket_id, account.full_name, account.phone, contract.status, contract.standing,
    plan.sla_hours, plan.device_types, kind.device_type,
    address.id IS NOT NULL AS has_address, address.line1, address.line2, address.city,
    address.state, address.zip, address.latitude, address.longitude, address.time_zone
FROM account
LEFT JOIN contract ON contract.id = :contract_id AND contract.account_id = account.id
LEFT JOIN support_plan plan ON plan.code = contract.plan_code
LEFT JOIN address ON address.id = :address_id AND address.account_id = account.id
    AND address.removed_at IS NULL
LEFT JOIN ticket_type kind ON kind.code = :ticket_type AND kind.active
WHERE account.id = :account_id
""")
_WRITE: Final = """
ticket AS (
    INSERT INTO ticket (id, account_id, contract_id, address_id, ticket_type, description, priority,
        channel, status, version, preferred_windows, submitted_at, updated_at)
    VALUES ($7, $8, $9, $10, $11, $12, $13, 'web', 'submitted', 0, $14, $15, $15)
), timeline AS (
    INSERT INTO ticket_timeline (ticket_id, version, status, at)
    VALUES ($7, 0, 'submitted', $15)
)
"""


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """A ticket as its customer describes it."""

    contract_id: UUID
    address_id: UUID
    ticket_type: str
    description: str
    preferred_windows: Sequence[Window]
    attachment_ids: Sequence[UUID] = ()


async def submit(session: AsyncSession, account_id: UUID, new: NewTicket, now: datetime) -> Ticket:
    """Save a ticket as `submitted` and send it to sysops.

    The ticket is no part of the session: what is changed of it is not saved. Raises Incomplete
    when nobody could be sent yet, and Invalid with all other reasons.
    """
    ground = await _ground(session, account_id, new)
    if ground.phone is None or not ground.has_address:
        await require_complete(session, account_id)
    photos, wrong = await attachments.choose(session, account_id, new.attachment_ids)
    errors = [*_errors(ground), *rules.window_errors(new.preferred_windows, now), *wrong]
    if errors:
        raise Invalid(errors)
    ticket = _ticket(ground, account_id, new, now)
    tracing.begins(ticket.id)
    address = msgspec.convert(ground, ServiceAddress, from_attributes=True)
    message = created(ticket, ground.full_name, ground.phone, address)
    await _write(session, ticket, message)
    await attachments.give(session, ticket.id, photos, now)
    return ticket


def created(ticket: Ticket, name: str, phone: str | None, address: ServiceAddress) -> TicketCreated:
    """What sysops is told of a submitted ticket; the same whenever it is told again."""
    if phone is None:
        raise ValueError("Whoever has a ticket has told a telephone number.")
    return TicketCreated(
        ticket_id=ticket.id,
        customer_id=ticket.account_id,
        contract_id=ticket.contract_id,
        contact_name=name,
        contact_phone=phone,
        address=address,
        ticket_type=ticket.ticket_type,
        description=ticket.description,
        priority=ticket.priority,
        preferred_windows=msgspec.convert(ticket.preferred_windows, list[Window]),
        submitted_at=ticket.submitted_at,
    )


async def _ground(session: AsyncSession, account_id: UUID, new: NewTicket) -> Row[Any]:
    parameters = {
        "account_id": account_id,
        "contract_id": new.contract_id,
        "address_id": new.address_id,
        "ticket_type": new.ticket_type,
    }
    row = (await session.execute(_GROUND, parameters)).one_or_none()
    if row is None:
        raise NotFound("This account is gone.")
    return row


def _errors(ground: Row[Any]) -> list[FieldError]:
    cover = None
    if ground.status is not None:
        cover = rules.Cover(ground.status, ground.standing, ground.device_types)
    errors = rules.cover_errors(cover, ground.device_type)
    if not ground.has_address:
        errors.append(FieldError("/address_id", "You have no such address."))
    return errors


def _ticket(ground: Row[Any], account_id: UUID, new: NewTicket, now: datetime) -> Ticket:
    return Ticket(
        id=ground.ticket_id,
        account_id=account_id,
        contract_id=new.contract_id,
        address_id=new.address_id,
        ticket_type=new.ticket_type,
        description=new.description,
        priority=rules.priority_for(ground.sla_hours),
        channel="web",
        status="submitted",
        version=0,
        preferred_windows=msgspec.to_builtins(in_utc(new.preferred_windows)),
        customer_absences=0,
        submitted_at=now,
        updated_at=now,
    )


async def _write(session: AsyncSession, ticket: Ticket, message: TicketCreated) -> None:
    """The ticket, the first entry of its timeline and the message, in one round trip."""
    await outbox.send_with(
        session,
        message,
        _WRITE,
        ticket.id,
        ticket.account_id,
        ticket.contract_id,
        ticket.address_id,
        ticket.ticket_type,
        ticket.description,
        ticket.priority,
        msgspec.json.encode(ticket.preferred_windows).decode(),
        ticket.submitted_at,
    )
