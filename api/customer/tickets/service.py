"""Reading tickets, and asking for changes. Services never commit."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.tickets import rules
from api.customer.tickets.tables import Ticket, TicketTimeline
from api.kernel import outbox
from api.kernel.errors import Conflict, Invalid, NotFound, TransitionRefused
from api.kernel.paging import Position
from api.messages import TicketRequested, TicketRequestKind, Window

# Made once: to build an expression takes longer than to ask it. Of a page rows are enough, and not
# objects of the session: it is read and forgotten.
_NEWEST = (
    select(*Ticket.__table__.columns)
    .where(Ticket.account_id == bindparam("account_id"))
    .order_by(Ticket.submitted_at.desc(), Ticket.id.desc())
    .limit(bindparam("size"))
)
_AFTER = _NEWEST.where(
    tuple_(Ticket.submitted_at, Ticket.id)
    < tuple_(
        bindparam("moment", type_=Ticket.submitted_at.type), bindparam("id", type_=Ticket.id.type)
    )
)
_TIMELINE = (
    select(TicketTimeline)
    .where(TicketTimeline.ticket_id == bindparam("ticket_id"))
    .order_by(TicketTimeline.version)
)


async def page(
    session: AsyncSession, account_id: UUID, after: Position | None, size: int
) -> Sequence[Row[Any]]:
    """The customer's tickets after a position, the newest first, each with a ticket's columns."""
    asked: dict[str, Any] = {"account_id": account_id, "size": size}
    if after is None:
        return (await session.execute(_NEWEST, asked)).all()
    place = {"moment": after.moment, "id": after.id}
    return (await session.execute(_AFTER, asked | place)).all()


async def find(
    session: AsyncSession, account_id: UUID, ticket_id: UUID
) -> tuple[Ticket, list[TicketTimeline]]:
    """One ticket of the customer with its timeline in order; raises NotFound."""
    ticket = await session.get(Ticket, ticket_id)
    if ticket is None or ticket.account_id != account_id:
        raise NotFound("You have no such ticket.")
    timeline = await session.scalars(_TIMELINE, {"ticket_id": ticket_id})
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
            preferred_windows=tuple(in_utc(preferred_windows)),
            requested_at=now,
        ),
    )
    return ticket


def in_utc(windows: Sequence[Window]) -> list[Window]:
    return [Window(window.start.astimezone(UTC), window.end.astimezone(UTC)) for window in windows]
