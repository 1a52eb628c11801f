"""What customers are asked after a visit, for those who keep it."""

from datetime import datetime
from typing import Annotated, Self

import msgspec
from litestar import Controller, get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.auth import Requires, SignedInRequest
from api.kernel.fields import Line
from api.messages import Choice, Question, QuestionKind
from api.sysops.audit.routes import act_of
from api.sysops.catalogue import rules, survey_templates
from api.sysops.catalogue.routes import Code
from api.sysops.catalogue.survey_templates import Kept

AnswerCode = Annotated[
    str,
    Meta(
        pattern=rules.ANSWER_CODE,
        max_length=rules.LONGEST_CODE,
        description="Lower-case letters, digits and single underscores; reports name it.",
        examples=["on_time"],
    ),
]

HEADING = "How was our visit?"


class ChoiceBody(msgspec.Struct, forbid_unknown_fields=True):
    code: AnswerCode
    text: Line


class QuestionBody(msgspec.Struct, forbid_unknown_fields=True):
    """`score`: 1 to 5, very dissatisfied to very satisfied. `recommendation`: 0 to 10.
    `single_choice` and `multiple_choice` name 2 to 12 `choices`. `text`: in the customer's words.
    """

    code: AnswerCode
    kind: QuestionKind
    text: Line
    required: bool = False
    choices: Annotated[list[ChoiceBody], Meta(max_length=rules.MOST_CHOICES)] = []

    def question(self) -> Question:
        return Question(
            code=self.code,
            kind=self.kind,
            text=str(self.text),
            required=self.required,
            choices=[Choice(it.code, str(it.text)) for it in self.choices],
        )


class SurveyTemplateBody(msgspec.Struct, forbid_unknown_fields=True):
    """`name` is for administrators, `heading` and `questions` are what a customer reads.

    Without a `heading` it is "How was our visit?".
    """

    name: Line
    questions: Annotated[list[QuestionBody], Meta(min_length=1, max_length=rules.MOST_QUESTIONS)]
    heading: Line | None = None


class SurveyTemplateView(msgspec.Struct):
    """`ticket_types` are those whose customers are asked by it; each names its template itself."""

    code: str
    version: int
    name: str
    heading: str
    questions: list[Question]
    ticket_types: list[str]

    @classmethod
    def of(cls, kept: Kept) -> Self:
        template, ticket_types = kept
        return cls(
            code=template.code,
            version=template.version,
            name=template.name,
            heading=template.heading,
            questions=msgspec.convert(template.questions, list[Question]),
            ticket_types=ticket_types,
        )


class SurveyTemplateController(Controller):
    path = "/catalogue/survey-templates"
    guards = [Requires("administrator")]  # noqa: RUF012 - Litestar's way

    @get(summary="All survey templates")
    async def templates(self, session: NamedDependency[AsyncSession]) -> list[SurveyTemplateView]:
        """As surveys sent now ask. `default` asks for every ticket type that names no other."""
        return [SurveyTemplateView.of(it) for it in await survey_templates.all_kept(session)]

    @get("/{code:str}", summary="One survey template")
    async def template(
        self, code: Code, session: NamedDependency[AsyncSession]
    ) -> SurveyTemplateView:
        """How its page looks is shown by the customer API:
        `GET /customer/survey-templates/{code}/preview`.
        """
        return SurveyTemplateView.of(await survey_templates.one(session, code))

    @put("/{code:str}", summary="Create or change a survey template")
    async def keep(
        self,
        request: SignedInRequest,
        code: Code,
        data: JSONBody[SurveyTemplateBody],
        session: NamedDependency[AsyncSession],
        now: NamedDependency[datetime],
    ) -> SurveyTemplateView:
        """A change is a new version. Surveys that were sent before keep their questions.

        Every template asks the overall score: a required question with the code `score`. The
        recommendation, if it is asked, has the code `would_recommend`. A code should mean the
        same in every version and template, for reports count by it. No customer is asked by a
        new template until a ticket type names it, so look at its preview first.
        """
        kept = await survey_templates.keep(
            session,
            act_of(request, now),
            code,
            {"name": str(data.name), "heading": str(data.heading or HEADING)},
            [question.question() for question in data.questions],
        )
        return SurveyTemplateView.of(kept)
