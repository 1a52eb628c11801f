"""Keeping photos, giving them to tickets, and taking them away again. Services never commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.accounts.tables import Account
from api.customer.attachments import rules
from api.customer.attachments.tables import Attachment, AttachmentContent
from api.customer.tickets.tables import Ticket
from api.kernel import outbox
from api.kernel.errors import Conflict, FieldError, Invalid, NotFound
from api.kernel.sets import equals_any
from api.messages import TicketAttachmentChanged

_OF_TICKET = (
    select(Attachment)
    .where(Attachment.ticket_id == bindparam("ticket_id"), Attachment.removed_at.is_(None))
    .order_by(Attachment.uploaded_at, Attachment.id)
)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A picture that was looked at and cleaned; `width` and `height` in pixels."""

    content: bytes
    media_type: str
    file_name: str
    width: int
    height: int


async def keep(
    session: AsyncSession, account_id: UUID, upload: Upload, now: datetime
) -> Attachment:
    """Keep a picture until a ticket is given it; raises Conflict when too many wait for one."""
    owner = select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)
    if await session.scalar(owner) is None:
        raise NotFound("This account is gone.")
    if len(await unused(session, account_id)) >= rules.MOST_UNUSED:
        raise Conflict(
            f"You have {rules.MOST_UNUSED} uploads that belong to no ticket yet. "
            "Give them to a ticket, or remove them."
        )
    attachment = Attachment(
        account_id=account_id,
        version=0,
        file_name=upload.file_name,
        media_type=upload.media_type,
        size_bytes=len(upload.content),
        width=upload.width,
        height=upload.height,
        uploaded_at=now,
        updated_at=now,
    )
    session.add(attachment)
    await session.flush()
    session.add(AttachmentContent(attachment_id=attachment.id, content=upload.content))
    await session.flush()
    return attachment


async def unused(session: AsyncSession, account_id: UUID) -> list[Attachment]:
    """The customer's uploads that no ticket has yet, in order; there are never many."""
    query = select(Attachment).where(
        Attachment.account_id == account_id, Attachment.ticket_id.is_(None)
    )
    return list(await session.scalars(query.order_by(Attachment.uploaded_at, Attachment.id)))


async def of_ticket(session: AsyncSession, ticket_id: UUID) -> list[Attachment]:
    """What a ticket shows, in the order of uploading."""
    return list(await session.scalars(_OF_TICKET, {"ticket_id": ticket_id}))


async def find(session: AsyncSession, account_id: UUID, attachment_id: UUID) -> Attachment:
    """One of the customer's own; raises NotFound."""
    return _own(await session.get(Attachment, attachment_id), account_id)


async def content_of(session: AsyncSession, attachment_id: UUID) -> bytes:
    """The bytes of an attachment that is there; raises NotFound when it is gone meanwhile."""
    query = select(AttachmentContent.content).where(
        AttachmentContent.attachment_id == attachment_id
    )
    content = await session.scalar(query)
    if content is None:
        raise NotFound("This attachment is gone.")
    return content


async def shown_to_staff(session: AsyncSession, attachment_id: UUID) -> Attachment:
    """What a ticket has and still has; raises NotFound."""
    attachment = await session.get(Attachment, attachment_id)
    if attachment is None or attachment.ticket_id is None or attachment.removed_at is not None:
        raise NotFound("This attachment is gone.")
    return attachment


async def choose(
    session: AsyncSession, account_id: UUID, ids: Sequence[UUID], ticket_id: UUID | None = None
) -> tuple[list[Attachment], list[FieldError]]:
    """The customer's uploads of these ids, locked, and what is wrong with the others.

    An upload that another ticket than `ticket_id` has is wrong, too.
    """
    if not ids:
        return [], []
    query = (
        select(Attachment)
        .where(
            equals_any(Attachment.id, ids),
            Attachment.account_id == account_id,
            Attachment.removed_at.is_(None),
        )
        .order_by(Attachment.id)
        .with_for_update(key_share=True)
    )
    known = {it.id: it for it in await session.scalars(query)}
    errors = []
    for index, attachment_id in enumerate(ids):
        found = known.get(attachment_id)
        at = f"/attachment_ids/{index}"
        if found is None:
            errors.append(FieldError(at, "You have no such upload. One that waits a day is gone."))
        elif found.ticket_id not in {None, ticket_id}:
            errors.append(FieldError(at, "Another ticket has this one. Upload it once more."))
    return list(known.values()), errors


async def give(
    session: AsyncSession, ticket_id: UUID, chosen: Sequence[Attachment], now: datetime
) -> None:
    """Let a ticket have these uploads, and tell sysops; what it has already stays as it is."""
    fresh = [it for it in chosen if it.ticket_id is None]
    if not fresh:
        return
    for attachment in fresh:
        attachment.ticket_id = ticket_id
        attachment.version = 1
        attachment.updated_at = now
    await session.flush()
    await outbox.send(session, *(told(it) for it in fresh))


async def add_to_ticket(
    session: AsyncSession, account_id: UUID, ticket_id: UUID, ids: Sequence[UUID], now: datetime
) -> list[Attachment]:
    """Give uploads to a ticket that is there already; returns all that it has then.

    Raises NotFound, Conflict (the ticket is over) and Invalid. A repetition changes nothing.
    """
    ticket = await session.get(Ticket, ticket_id, with_for_update=True)
    if ticket is None or ticket.account_id != account_id:
        raise NotFound("You have no such ticket.")
    chosen, errors = await choose(session, account_id, ids, ticket_id)
    fresh = [it for it in chosen if it.ticket_id is None]
    if fresh and not rules.takes_photos(ticket.status):
        raise Conflict(f"A ticket that is {ticket.status} takes no more photos.")
    here = select(func.count()).where(
        Attachment.ticket_id == ticket_id, Attachment.removed_at.is_(None)
    )
    if (await session.scalar(here) or 0) + len(fresh) > rules.MOST_PER_TICKET:
        words = f"A ticket has at most {rules.MOST_PER_TICKET} photos. Remove one first."
        errors.append(FieldError("/attachment_ids", words))
    if errors:
        raise Invalid(errors)
    await give(session, ticket_id, fresh, now)
    return await of_ticket(session, ticket_id)


async def remove(
    session: AsyncSession, account_id: UUID, attachment_id: UUID, now: datetime
) -> None:
    """Take a photo away for good, everywhere; raises NotFound."""
    attachment = _own(
        await session.get(Attachment, attachment_id, with_for_update=True), account_id
    )
    if attachment.ticket_id is None:
        await session.delete(attachment)
        await session.flush()
        return
    await _take_away(session, attachment, now)


async def remove_all(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Take every photo of a customer away, when the account is closed, everywhere."""
    mine = Attachment.account_id == account_id
    unused = delete(Attachment).where(mine, Attachment.ticket_id.is_(None))
    await session.execute(unused)
    shown = select(Attachment).where(mine, Attachment.removed_at.is_(None))
    for attachment in (await session.scalars(shown.order_by(Attachment.id))).all():
        await _take_away(session, attachment, now)


async def _take_away(session: AsyncSession, attachment: Attachment, now: datetime) -> None:
    gone = AttachmentContent.attachment_id == attachment.id
    await session.execute(delete(AttachmentContent).where(gone))
    attachment.version = 2
    attachment.file_name = None
    attachment.removed_at = now
    attachment.updated_at = now
    await session.flush()
    await outbox.send(session, told(attachment))


def told(attachment: Attachment) -> TicketAttachmentChanged:
    """What sysops is told of a ticket's photo; the same whenever it is told again."""
    if attachment.ticket_id is None:
        raise ValueError(f"No ticket has attachment {attachment.id}.")
    return TicketAttachmentChanged(
        attachment_id=attachment.id,
        ticket_id=attachment.ticket_id,
        version=attachment.version,
        file_name=attachment.file_name,
        media_type=attachment.media_type,
        size_bytes=attachment.size_bytes,
        at=attachment.updated_at,
        removed=attachment.removed_at is not None,
    )


def _own(attachment: Attachment | None, account_id: UUID) -> Attachment:
    if (
        attachment is None
        or attachment.account_id != account_id
        or attachment.removed_at is not None
    ):
        raise NotFound("You have no such attachment.")
    return attachment
