"""Which photos staff may see, and links to them. Services never commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.errors import NotFound
from api.kernel.passes import LIFE, Pass, PassMaker
from api.kernel.sets import equals_any
from api.messages import ATTACHMENT_PASS, ATTACHMENT_PATH
from api.sysops.attachments.tables import TicketAttachment
from api.sysops.experts.tables import Booking
from api.sysops.tickets.tables import Assignment, Ticket


@dataclass(frozen=True)
class PhotoLinks:
    """Makes links to photos at the customer quantum, whose public address is `base_url`."""

    maker: PassMaker
    base_url: str

    def url(self, attachment_id: UUID, staff_id: UUID, now: datetime) -> str:
        """A link for one member of staff that ends at `ends(now)`."""
        token = self.maker.make(ATTACHMENT_PASS, Pass(attachment_id, staff_id), now)
        return f"{self.base_url.rstrip('/')}{ATTACHMENT_PATH}/{token}"

    @staticmethod
    def ends(now: datetime) -> datetime:
        return (now + LIFE).replace(microsecond=0)


async def of_ticket(session: AsyncSession, ticket_id: UUID) -> list[TicketAttachment]:
    """The photos of a ticket, in order; raises NotFound where there is no such ticket."""
    if await session.get(Ticket, ticket_id) is None:
        raise NotFound("There is no such ticket.")
    return await _shown(session, ticket_id)


async def of_visit(
    session: AsyncSession, assignment_id: UUID, expert_id: UUID
) -> list[TicketAttachment]:
    """The photos for the expert of a visit, as long as it is proposed or promised; or NotFound."""
    query = (
        select(Assignment.ticket_id)
        .join(Booking, Booking.assignment_id == Assignment.id)
        .where(Assignment.id == assignment_id, Assignment.expert_id == expert_id)
    )
    ticket_id = await session.scalar(query)
    if ticket_id is None:
        raise NotFound("You have no such visit now.")
    return await _shown(session, ticket_id)


async def counts(session: AsyncSession, ticket_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many photos tickets have; those without any are not named."""
    shown = (
        equals_any(TicketAttachment.ticket_id, ticket_ids),
        TicketAttachment.removed_at.is_(None),
    )
    query = select(TicketAttachment.ticket_id, func.count()).where(*shown)
    rows = await session.execute(query.group_by(TicketAttachment.ticket_id))
    return {ticket_id: number for ticket_id, number in rows}  # noqa: C416 - rows are no pairs to mypy


async def _shown(session: AsyncSession, ticket_id: UUID) -> list[TicketAttachment]:
    query = select(TicketAttachment).where(
        TicketAttachment.ticket_id == ticket_id, TicketAttachment.removed_at.is_(None)
    )
    return list(
        await session.scalars(query.order_by(TicketAttachment.added_at, TicketAttachment.id))
    )
