"""The customer's view of tickets: a projection of what sysops decides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Id, Moment, one_of
from api.messages import Priority, TicketRequestKind, TicketStatus

STATUSES = (
    "submitted", "open", "escalated", "assigned", "accepted", "in_progress", "resolved",
    "closed", "cancelled",
)  # fmt: skip


class Ticket(Base):
    """One ticket. `version` 0 is the customer's own `submitted`; the rest are sysops's.

    `last_answer` is what sysops said to the last request: kind, accepted, reason, allowed, at.
    Description, priority and preferred windows are those of `details_version`. Absences count
    visits for nothing: nobody was at home, the expert did not come.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        one_of("status", STATUSES),
        one_of("priority", ("urgent", "high", "normal", "low")),
        one_of("channel", ("web", "phone")),
        one_of("pending_request", ("cancel", "reopen", "reschedule")),
        Index("ix_ticket_account", "account_id", text("submitted_at DESC"), text("id DESC")),
        # What the conservation check reads: tickets that sysops has not confirmed yet.
        Index(
            "ix_ticket_unconfirmed",
            "submitted_at",
            postgresql_where=text("status = 'submitted'"),
        ),
        # What reminders read: visits that are promised.
        Index(
            "ix_ticket_promised",
            "window_start",
            postgresql_where=text("status = 'accepted'"),
        ),
    )

    id: Mapped[Id]
    number: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    address_id: Mapped[UUID] = mapped_column(ForeignKey("address.id"))
    ticket_type: Mapped[str] = mapped_column(ForeignKey("ticket_type.code"))
    description: Mapped[str]
    priority: Mapped[Priority] = mapped_column(String)
    channel: Mapped[str]
    status: Mapped[TicketStatus] = mapped_column(String)
    version: Mapped[int]
    preferred_windows: Mapped[list[Any]] = mapped_column(JSONB)
    pending_request: Mapped[TicketRequestKind | None] = mapped_column(String)
    pending_request_id: Mapped[UUID | None]
    last_answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    expert_name: Mapped[str | None]
    window_start: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    window_end: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    set_out_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    details_version: Mapped[int] = mapped_column(server_default="0")
    customer_absences: Mapped[int] = mapped_column(server_default="0")
    expert_absences: Mapped[int] = mapped_column(server_default="0")
    resolution: Mapped[str | None]
    submitted_at: Mapped[Moment]
    resolved_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    updated_at: Mapped[Moment]


class TicketTimeline(Base):
    """What a customer reads as the ticket's history; one row a version of the ticket.

    `action` is sysops's code of what happened, None where it did not say. `parts` are those that
    the visit used which ended then.
    """

    __tablename__ = "ticket_timeline"
    __table_args__ = (UniqueConstraint("ticket_id", "version"),)

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    version: Mapped[int]
    status: Mapped[TicketStatus] = mapped_column(String)
    at: Mapped[Moment]
    reason: Mapped[str | None]
    action: Mapped[str | None]
    parts: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
