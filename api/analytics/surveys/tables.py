"""Survey scores as they arrived; the free text stays in the customer database."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.analytics.base import Base
from api.kernel.database import Moment


class SurveyResponse(Base):
    __tablename__ = "survey_response"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        CheckConstraint("would_recommend BETWEEN 0 AND 10", name="would_recommend"),
        Index("ix_survey_response_answered", "answered_at"),
    )

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[UUID]
    score: Mapped[int]
    would_recommend: Mapped[int | None]
    has_comment: Mapped[bool]
    answered_at: Mapped[Moment]
    received_at: Mapped[Moment]
