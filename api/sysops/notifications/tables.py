"""The delivery log of what staff are told."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.kernel.notifications.tables import (
    AttemptColumns,
    Log,
    NotificationColumns,
    TextReplyColumns,
    UnmatchedReportColumns,
    attempt_constraints,
    notification_constraints,
    reply_constraints,
    unmatched_constraints,
)
from api.sysops.base import Base


class Notification(NotificationColumns, Base):
    """One thing to tell one member of staff."""

    __tablename__ = "notification"
    __table_args__ = (
        *notification_constraints(),
        UniqueConstraint("staff_id", "kind", "cause"),
        Index("ix_notification_ticket", "ticket_id"),
    )

    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket.id"))


class NotificationAttempt(AttemptColumns, Base):
    """One request to a provider on behalf of one notification."""

    __tablename__ = "notification_attempt"
    __table_args__ = attempt_constraints()


class TextReply(TextReplyColumns, Base):
    """One text message from a number that members of staff have, or had."""

    __tablename__ = "text_reply"
    __table_args__ = reply_constraints()


class UnmatchedReport(UnmatchedReportColumns, Base):
    """Reports of a day that named no message of this quantum."""

    __tablename__ = "unmatched_report"
    __table_args__ = unmatched_constraints()


LOG = Log(Notification, NotificationAttempt, TextReply, UnmatchedReport)
