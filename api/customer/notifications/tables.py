"""The delivery log of what customers are told."""

from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
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


class Notification(NotificationColumns, Base):
    """One thing to tell one customer."""

    __tablename__ = "notification"
    __table_args__ = (
        *notification_constraints(),
        UniqueConstraint("account_id", "kind", "cause"),
    )

    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("ticket.id"))


class NotificationAttempt(AttemptColumns, Base):
    """One request to a provider on behalf of one notification."""

    __tablename__ = "notification_attempt"
    __table_args__ = attempt_constraints()


class TextReply(TextReplyColumns, Base):
    """One text message from a number that customers have, or had."""

    __tablename__ = "text_reply"
    __table_args__ = reply_constraints()


class UnmatchedReport(UnmatchedReportColumns, Base):
    """Reports of a day that named no message of this quantum."""

    __tablename__ = "unmatched_report"
    __table_args__ = unmatched_constraints()


LOG = Log(Notification, NotificationAttempt, TextReply, UnmatchedReport)
