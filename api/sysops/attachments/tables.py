"""Photos of tickets, as the customer quantum told of them. Their bytes stay there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Moment
from api.sysops.base import Base


class TicketAttachment(Base):
    """What staff see of one photo; one that its customer has removed keeps no name.

    It may be heard of before its ticket, so it refers to the ticket without a key.
    """

    __tablename__ = "ticket_attachment"
    __table_args__ = (
        Index("ix_ticket_attachment_ticket", "ticket_id"),
        Index(
            "ix_ticket_attachment_shown",
            "ticket_id",
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID]
    version: Mapped[int]
    file_name: Mapped[str | None]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    added_at: Mapped[Moment]
    removed_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
