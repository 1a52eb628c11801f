"""What customers tell of their photos."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.erasure import is_erased
from api.messages import TicketAttachmentChanged
from api.sysops.attachments.tables import TicketAttachment
from api.sysops.tickets.tables import Ticket


async def ticket_attachment_changed(
    session: AsyncSession, message: TicketAttachmentChanged, _: datetime
) -> None:
    """Show a photo, or show it no more; once removed it does not come back.

    Of the photos of somebody who was erased no name is kept.
    """
    customer = select(Ticket.customer_id).where(Ticket.id == message.ticket_id)
    customer_id = await session.scalar(customer)
    erased = customer_id is not None and await is_erased(session, customer_id)
    values = {
        "version": message.version,
        "file_name": None if erased else message.file_name,
        "removed_at": message.at if message.removed else None,
    }
    await session.execute(
        insert(TicketAttachment)
        .values(
            id=message.attachment_id,
            ticket_id=message.ticket_id,
            media_type=message.media_type,
            size_bytes=message.size_bytes,
            added_at=message.at,
            **values,
        )
        .on_conflict_do_update(
            index_elements=[TicketAttachment.id],
            set_=values,
            where=TicketAttachment.version < message.version,
        )
    )
