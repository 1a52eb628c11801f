"""What staff read of surveys: answers by their own questions, and templates. Nothing is written."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.surveys.rules import in_words
from api.customer.surveys.service import ASKED_BY, questions_of
from api.customer.surveys.tables import Survey, SurveyTemplate
from api.customer.tickets.tables import Ticket
from api.kernel.errors import NotFound
from api.messages import COMMENT, OVERALL_SCORE, RECOMMENDATION, Question


@dataclass(frozen=True)
class Answered:
    """A survey with its questions, and what was answered to each in words."""

    survey: Survey
    answers: list[tuple[Question, list[str]]]


async def of_ticket(session: AsyncSession, ticket_id: UUID) -> list[Answered]:
    """The surveys of a ticket, the latest first; raises NotFound."""
    if await session.get(Ticket, ticket_id) is None:
        raise NotFound("There is no such ticket.")
    query = (
        select(Survey, SurveyTemplate)
        .join(SurveyTemplate, ASKED_BY)
        .where(Survey.ticket_id == ticket_id)
        .order_by(Survey.ticket_version.desc())
    )
    found = (await session.execute(query)).all()
    return [Answered(survey, _read(survey, template)) for survey, template in found]


async def template(session: AsyncSession, code: str, version: int | None) -> SurveyTemplate:
    """One version of a template, without `version` the newest; raises NotFound."""
    query = select(SurveyTemplate).where(SurveyTemplate.code == code)
    if version is not None:
        query = query.where(SurveyTemplate.version == version)
    newest = query.order_by(SurveyTemplate.version.desc()).limit(1)
    found = (await session.scalars(newest)).one_or_none()
    if found is None:
        raise NotFound("There is no such survey template, or word of it is still on its way.")
    return found


def _read(survey: Survey, template: SurveyTemplate) -> list[tuple[Question, list[str]]]:
    """The template's own questions, each with what was answered to it in words."""
    standard = {
        OVERALL_SCORE: survey.score,
        RECOMMENDATION: survey.would_recommend,
        COMMENT: survey.comment,
    }
    others = survey.answers or {}
    read = []
    for question in questions_of(template):
        given = standard.get(question.code, others.get(question.code))
        values = given if isinstance(given, list) else [] if given is None else [str(given)]
        read.append((question, in_words(question, values)))
    return read
