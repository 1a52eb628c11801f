"""Surveys for staff: how a template looks, and what customers answered in their own words."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.guards import KEEPERS_OF_SURVEYS, READERS_OF_ANSWERS
from api.customer.surveys import pages, reading
from api.messages import QuestionKind


class QuestionAnswered(msgspec.Struct):
    """A question as the customer read it; `answer` is in words, and empty for what was left out."""

    code: str
    kind: QuestionKind
    question: str
    answer: list[str]


class SurveyView(msgspec.Struct):
    """A survey read against the version of its template that it was sent with.

    `answers` are there from `answered_at` on.
    """

    id: UUID
    ticket_id: UUID
    template: str
    template_version: int
    sent_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    score: int | None
    would_recommend: int | None
    answers: list[QuestionAnswered]

    @classmethod
    def of(cls, found: reading.Answered) -> Self:
        survey = found.survey
        own = {name: getattr(survey, name) for name in cls.__struct_fields__ if name != "answers"}
        answers = [
            QuestionAnswered(question.code, question.kind, question.text, words)
            for question, words in found.answers
        ]
        return cls(**own, answers=answers if survey.answered_at else [])


class SurveyAnswerController(Controller):
    path = "/survey-answers"
    guards = READERS_OF_ANSWERS

    @get("/{ticket_id:uuid}", summary="What a customer answered")
    async def answers(
        self, ticket_id: FromPath[UUID], session: NamedDependency[AsyncSession]
    ) -> list[SurveyView]:
        """The surveys of one ticket, the latest first, with the customer's own words.

        A ticket has one for each time that it was resolved. The words are kept here alone:
        reports have scores and choices.
        """
        return [SurveyView.of(found) for found in await reading.of_ticket(session, ticket_id)]


class SurveyPreviewController(Controller):
    path = "/survey-templates"
    guards = KEEPERS_OF_SURVEYS

    @get("/{code:str}/preview", media_type="text/html", summary="Preview a survey template")
    async def preview(
        self,
        code: Annotated[str, PathParameter(max_length=40, pattern=r"^[a-z0-9-]+$")],
        session: NamedDependency[AsyncSession],
        version: Annotated[
            int | None, QueryParameter(ge=1, le=2**31 - 1, description="The newest without it.")
        ] = None,
    ) -> Response[str]:
        """The page as customers see it, for a ticket that is made up; nothing of it is kept.

        A template is here some seconds after it was kept in the catalogue of the sysops API. To
        look at a new one before any customer does, keep it there and let no ticket type name it.
        """
        return pages.preview(await reading.template(session, code, version))
