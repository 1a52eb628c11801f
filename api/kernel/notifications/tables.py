"""The columns of the delivery log; each quantum makes its own tables of them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from api.kernel.database import Id, Moment, one_of
from api.kernel.notifications.rules import OUTCOMES, STATUSES, Channel, Outcome, Status


class NotificationColumns:
    """One thing to tell one person; who and where is read from the person when it is sent.

    `cause` names what made it: the same cause never tells twice. `context` is what the template
    needs and holds no contact data. `round` counts how often it was queued: once, and again when
    it goes another way or an operator sends it again. `instead_of_sms` says why it went by
    e-mail although a text message was wanted.
    """

    id: Mapped[Id]
    kind: Mapped[str]
    cause: Mapped[str]
    channel: Mapped[Channel] = mapped_column(String)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[Status] = mapped_column(String)
    round: Mapped[int] = mapped_column(server_default="1")
    instead_of_sms: Mapped[str | None]
    provider_reference: Mapped[str | None]
    failure: Mapped[str | None]
    created_at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


def notification_constraints() -> tuple[SchemaItem, ...]:
    return (
        one_of("channel", ("sms", "email")),
        one_of("status", STATUSES),
        one_of("instead_of_sms", ("stopped", "failed")),
        Index("ix_notification_unsent", "created_at", postgresql_where=text("status = 'queued'")),
        Index("ix_notification_failed", "created_at", postgresql_where=text("status = 'failed'")),
    )


class AttemptColumns:
    """One request to one provider, written before it is made: without `answered_at` nobody knows.

    `code` and `answer` are the provider's own, redacted. `reference` is its name of the message.
    `reported_at` is when it last said something about it of its own accord.
    """

    id: Mapped[Id]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"))
    round: Mapped[int]
    channel: Mapped[Channel] = mapped_column(String)
    provider: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(String)
    reference: Mapped[str | None]
    code: Mapped[str | None]
    answer: Mapped[str | None]
    asked_at: Mapped[Moment]
    answered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    reported_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))


def attempt_constraints() -> tuple[SchemaItem, ...]:
    return (
        one_of("channel", ("sms", "email")),
        one_of("outcome", OUTCOMES),
        Index("ix_notification_attempt_notification", "notification_id", "id"),
    )


class TextReplyColumns:
    """One text message from a person, as far as it matters: the word, never the text.

    The newest stop, refusal or start of a number says whether it may be sent text messages,
    whoever has that number. `refused` is the provider's word that its owner stopped us.
    """

    id: Mapped[Id]
    reference: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str]
    word: Mapped[str]
    at: Mapped[Moment]


def reply_constraints() -> tuple[SchemaItem, ...]:
    return (
        one_of("word", ("stop", "start", "refused", "help", "other")),
        Index("ix_text_reply_phone", "phone", "id"),
    )


class UnmatchedReportColumns:
    """How many reports of a day named no message that we know."""

    day: Mapped[date] = mapped_column(primary_key=True)
    reports: Mapped[int] = mapped_column(BigInteger)


def unmatched_constraints() -> tuple[SchemaItem, ...]:
    return (CheckConstraint("reports > 0", name="reports"),)


@dataclass(frozen=True)
class Log:
    """The tables of one quantum's log."""

    notification: type[NotificationColumns]
    attempt: type[AttemptColumns]
    reply: type[TextReplyColumns]
    unmatched: type[UnmatchedReportColumns]
