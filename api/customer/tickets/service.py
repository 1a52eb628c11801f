"""Submitting tickets, reading them, and asking for changes. Services never commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.completeness import require_complete
from api.customer.accounts.service import service_address
from api.customer.accounts.tables import Account, Address
from api.customer.attachments import service as attachments
from api.customer.contracts.tables import Contract, SupportPlan, TicketType
from api.customer.tickets import rules
from api.customer.tickets.tables import Ticket, TicketTimeline
from api.kernel import outbox, tracing
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound, TransitionRefused
from api.kernel.paging import Position
from api.messages import TicketCreated, TicketRequested, TicketRequestKind, Window


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """A ticket as its customer describes it."""

    contract_id: UUID
    address_id: UUID
    ticket_type: str
    description: str
    preferred_windows: Sequence[Window]
    attachment_ids: Sequence[UUID] = ()


@dataclass(frozen=True)
class _Ground:
    """What a ticket stands on; None for what does not exist or is somebody else's."""

    account: Account
    contract: Contract | None
    plan: SupportPlan | None
    address: Address | None
    ticket_type: TicketType | None

    def errors(self) -> list[FieldError]:
        cover = None
        if self.contract is not None and self.plan is not None:
            contract, plan = self.contract, self.plan
            cover = rules.Cover(contract.status, contract.standing, plan.device_types)
        errors = rules.cover_errors(
            cover, self.ticket_type.device_type if self.ticket_type else None
        )
        if self.address is None:
            errors.append(FieldError("/address_id", "You have no such address."))
        return errors


async def submit(session: AsyncSession, account_id: UUID, new: NewTicket, now: datetime) -> Ticket:
    """Save a ticket as `submitted` and send it to sysops.

    Raises Incomplete when nobody could be sent yet, and Invalid with all other reasons.
    """
    ground = await _ground(session, account_id, new)
    if ground.account.phone is None or ground.address is None:
        await require_complete(session, account_id)
    photos, wrong = await attachments.choose(session, account_id, new.attachment_ids)
    errors = [*ground.errors(), *rules.window_errors(new.preferred_windows, now), *wrong]
    if errors or ground.plan is None or ground.address is None:
        raise Invalid(errors)
    windows = _in_utc(new.preferred_windows)
    priority = rules.priority_for(ground.plan.sla_hours)
    ticket = Ticket(
        account_id=account_id,
        contract_id=new.contract_id,
        address_id=new.address_id,
        ticket_type=new.ticket_type,
        description=new.description,
        priority=priority,
        channel="web",
        status="submitted",
        version=0,
        preferred_windows=msgspec.to_builtins(windows),
        submitted_at=now,
        updated_at=now,
    )
    session.add(ticket)
    await session.flush()
    tracing.begins(ticket.id)
    session.add(TicketTimeline(ticket_id=ticket.id, version=0, status="submitted", at=now))
    await outbox.send(session, created(ticket, ground.account, ground.address))
    await attachments.give(session, ticket.id, photos, now)
    return ticket


def created(ticket: Ticket, account: Account, address: Address) -> TicketCreated:
    """What sysops is told of a submitted ticket; the same whenever it is told again."""
    if account.phone is None:
        raise ValueError("Whoever has a ticket has told a telephone number.")
    return TicketCreated(
        ticket_id=ticket.id,
        customer_id=ticket.account_id,
        contract_id=ticket.contract_id,
        contact_name=account.full_name,
        contact_phone=account.phone,
        address=service_address(address),
        ticket_type=ticket.ticket_type,
        description=ticket.description,
        priority=ticket.priority,
        preferred_windows=msgspec.convert(ticket.preferred_windows, list[Window]),
        submitted_at=ticket.submitted_at,
    )


async def page(
    session: AsyncSession, account_id: UUID, after: Position | None, size: int
) -> list[Ticket]:
    """The customer's tickets after a position, the newest first."""
    query = select(Ticket).where(Ticket.account_id == account_id)
    if after is not None:
        query = query.where(tuple_(Ticket.submitted_at, Ticket.id) < (after.moment, after.id))
    query = query.order_by(Ticket.submitted_at.desc(), Ticket.id.desc()).limit(size)
    return list(await session.scalars(query))


async def find(
    session: AsyncSession, account_id: UUID, ticket_id: UUID
) -> tuple[Ticket, list[TicketTimeline]]:
    """One ticket of the customer with its timeline in order; raises NotFound."""
    ticket = await session.get(Ticket, ticket_id)
    if ticket is None or ticket.account_id != account_id:
        raise NotFound("You have no such ticket.")
    query = select(TicketTimeline).where(TicketTimeline.ticket_id == ticket_id)
    timeline = await session.scalars(query.order_by(TicketTimeline.version))
    return ticket, list(timeline)


async def ask(
    session: AsyncSession,
    account_id: UUID,
    ticket_id: UUID,
    kind: TicketRequestKind,
    now: datetime,
    *,
    reason: str = "",
    preferred_windows: Sequence[Window] = (),
) -> Ticket:
    """Send a request to sysops, and keep it as pending until sysops has answered.

    Raises:
        NotFound: not a ticket of this customer.
        Conflict: another request waits for its answer.
        TransitionRefused: sysops would refuse; it names the requests that it would not.
        Invalid: a window that cannot be.
    """
    query = select(Ticket).where(Ticket.id == ticket_id, Ticket.account_id == account_id)
    ticket = await session.scalar(query.with_for_update())
    if ticket is None:
        raise NotFound("You have no such ticket.")
    if ticket.pending_request is not None:
        words = f"Your request to {ticket.pending_request} this ticket waits for its answer."
        raise Conflict(words)
    allowed = rules.requests_allowed(ticket.status, now=now, resolved_at=ticket.resolved_at)
    if kind not in allowed:
        raise TransitionRefused(rules.request_refusal(kind, ticket.status), allowed)
    if errors := rules.window_errors(preferred_windows, now):
        raise Invalid(errors)
    request_id = uuid4()
    ticket.pending_request = kind
    ticket.pending_request_id = request_id
    ticket.updated_at = now
    await session.flush()
    await outbox.send(
        session,
        TicketRequested(
            ticket_id=ticket.id,
            request_id=request_id,
            kind=kind,
            reason=reason,
            preferred_windows=tuple(_in_utc(preferred_windows)),
            requested_at=now,
        ),
    )
    return ticket


async def _ground(session: AsyncSession, account_id: UUID, new: NewTicket) -> _Ground:
    """All of it in one round trip."""
    mine = and_(Contract.id == new.contract_id, Contract.account_id == Account.id)
    place = and_(
        Address.id == new.address_id,
        Address.account_id == Account.id,
        Address.removed_at.is_(None),
    )
    kind = and_(TicketType.code == new.ticket_type, TicketType.active)
    query = (
        select(Account, Contract, SupportPlan, Address, TicketType)
        .outerjoin(Contract, mine)
        .outerjoin(SupportPlan, SupportPlan.code == Contract.plan_code)
        .outerjoin(Address, place)
        .outerjoin(TicketType, kind)
        .where(Account.id == account_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("This account is gone.")
    return _Ground(*row)


def _in_utc(windows: Sequence[Window]) -> list[Window]:
    return [Window(window.start.astimezone(UTC), window.end.astimezone(UTC)) for window in windows]
