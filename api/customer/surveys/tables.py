"""What customers are asked, the surveys sent, and their answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Id, Moment
from api.messages import DEFAULT_SURVEY_TEMPLATE


class SurveyTemplate(Base):
    """One version of a template as sysops published it; none is ever changed or removed.

    `questions` are `api.messages.Question`, in the order in which they are asked.
    """

    __tablename__ = "survey_template"

    code: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    heading: Mapped[str]
    questions: Mapped[list[Any]] = mapped_column(JSONB)


class Survey(Base):
    """One survey a resolution; its link is signed, so no secret is stored.

    `ticket_version` is the version of the ticket that was resolved: a ticket that is
    reopened and resolved again gets a survey of its own. It asks by the version of the
    template that it was sent with. Questions that mean the same in every template have columns
    of their own; `answers` has the others by their codes: a list of choices, or a text.
    """

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("ticket_id", "ticket_version"),
        ForeignKeyConstraint(
            ["template", "template_version"], ["survey_template.code", "survey_template.version"]
        ),
        # What reminders look for: the cost follows the surveys of some days.
        Index("ix_survey_unanswered", "sent_at", postgresql_where=text("answered_at IS NULL")),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        CheckConstraint("would_recommend BETWEEN 0 AND 10", name="would_recommend"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    ticket_version: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    template: Mapped[str] = mapped_column(server_default=DEFAULT_SURVEY_TEMPLATE)
    template_version: Mapped[int] = mapped_column(server_default="1")
    sent_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    answered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    score: Mapped[int | None]
    would_recommend: Mapped[int | None]
    comment: Mapped[str | None]
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class SurveyReminder(Base):
    """Whether the customer of one unanswered survey was reminded: decided once, and then kept."""

    __tablename__ = "survey_reminder"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), primary_key=True)
    decided_at: Mapped[Moment]
    reminded: Mapped[bool]
