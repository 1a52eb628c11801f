"""The delivery log of what staff are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.database import Id, Moment, one_of
from api.sysops.base import Base


class Notification(Base):
    """One thing to tell one member of staff; who and where is read when it is sent.

    `cause` names what made it (an assignment, a ticket version): the same cause never
    tells twice. `context` is what the template needs and holds no contact data.
    """

    __tablename__ = "notification"
    __table_args__ = (
        one_of("channel", ("sms", "email")),
        one_of("status", ("queued", "sent", "failed")),
        UniqueConstraint("staff_id", "kind", "cause"),
        Index("ix_notification_ticket", "ticket_id"),
        Index(
            "ix_notification_unsent",
            "created_at",
            postgresql_where=text("status = 'queued'"),
        ),
    )

    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str]
    cause: Mapped[str]
    channel: Mapped[str]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str]
    provider_reference: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
