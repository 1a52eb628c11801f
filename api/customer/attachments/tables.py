"""Photos of what is broken: what is known of them, and, apart from it, their bytes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.attachments.rules import ENDINGS
from api.customer.base import Base
from api.kernel.database import Id, Moment, one_of


class Attachment(Base):
    """One uploaded picture. `version` is 0 until a ticket has it, 1 from then on, 2 once removed.

    What is removed from a ticket stays as an id without name and content, so that it can be
    shown that sysops has been told.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        one_of("media_type", ENDINGS),
        Index("ix_attachment_ticket", "ticket_id", postgresql_where=text("ticket_id IS NOT NULL")),
        Index("ix_attachment_account", "account_id"),
        # A customer's uploads that no ticket has yet, and the oldest of all of them.
        Index(
            "ix_attachment_unused",
            "account_id",
            "uploaded_at",
            postgresql_where=text("ticket_id IS NULL"),
        ),
        Index("ix_attachment_old", "uploaded_at", postgresql_where=text("ticket_id IS NULL")),
        # What the conservation check reads: word of these is on its way to sysops.
        Index(
            "ix_attachment_changed",
            "updated_at",
            postgresql_where=text("ticket_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket.id"))
    version: Mapped[int]
    file_name: Mapped[str | None]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    uploaded_at: Mapped[Moment]
    removed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[Moment]


class AttachmentContent(Base):
    """The bytes, in a table of their own: no query reads them but the download of one file."""

    __tablename__ = "attachment_content"

    attachment_id: Mapped[UUID] = mapped_column(
        ForeignKey("attachment.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
