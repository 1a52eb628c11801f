"""Surveys sent, and their answers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from api.customer.base import Base
from api.kernel.database import Id, Moment


class Survey(Base):
    """One survey a resolution; its link is signed, so no secret is stored.

    `ticket_version` is the version of the ticket that was resolved: a ticket that is
    reopened and resolved again gets a survey of its own.
    """

    __tablename__ = "survey"
    __table_args__ = (
        UniqueConstraint("ticket_id", "ticket_version"),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        CheckConstraint("would_recommend BETWEEN 0 AND 10", name="would_recommend"),
    )

    id: Mapped[Id]
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("ticket.id"))
    ticket_version: Mapped[int]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    sent_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    answered_at: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=True))
    score: Mapped[int | None]
    would_recommend: Mapped[int | None]
    comment: Mapped[str | None]
