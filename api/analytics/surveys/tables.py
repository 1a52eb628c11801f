"""Survey scores and choices as they arrived; the free text stays in the customer database."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from api.analytics.base import Base
from api.kernel.database import Moment
from api.messages import DEFAULT_SURVEY_TEMPLATE


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
    template: Mapped[str] = mapped_column(server_default=DEFAULT_SURVEY_TEMPLATE)
    template_version: Mapped[int] = mapped_column(server_default="1")


class SurveyChoice(Base):
    """One thing that a customer chose, by the codes of the question and of the choice.

    What may explain a score; of a further score, `choice` is the number.
    """

    __tablename__ = "survey_choice"

    survey_id: Mapped[UUID] = mapped_column(
        ForeignKey("survey_response.survey_id"), primary_key=True
    )
    question: Mapped[str] = mapped_column(primary_key=True)
    choice: Mapped[str] = mapped_column(primary_key=True)
