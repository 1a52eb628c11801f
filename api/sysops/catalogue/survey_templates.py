"""Keeping the templates of surveys. Services never commit."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel import outbox
from api.kernel.errors import Invalid, NotFound
from api.messages import DEFAULT_SURVEY_TEMPLATE, Question, SurveyTemplatePublished
from api.sysops.audit.service import Act, record
from api.sysops.catalogue.rules import question_errors
from api.sysops.catalogue.service import change, common, one_at_a_time
from api.sysops.catalogue.tables import SurveyTemplate, TicketType

Kept = tuple[SurveyTemplate, list[str]]
"""A template with the codes of the ticket types that it asks for."""


async def all_kept(session: AsyncSession) -> list[Kept]:
    """All of them; the default asks for every ticket type that names none."""
    used: dict[str, list[str]] = {}
    named = select(TicketType.code, TicketType.survey_template).order_by(TicketType.code)
    for row in await session.execute(named):
        used.setdefault(row.survey_template or DEFAULT_SURVEY_TEMPLATE, []).append(row.code)
    templates = await session.scalars(select(SurveyTemplate).order_by(SurveyTemplate.code))
    return [(it, used.get(it.code, [])) for it in templates]


async def one(session: AsyncSession, code: str) -> Kept:
    """One of them; raises NotFound."""
    for kept in await all_kept(session):
        if kept[0].code == code:
            return kept
    raise NotFound("There is no such survey template.")


async def keep(
    session: AsyncSession,
    act: Act,
    code: str,
    values: Mapping[str, str],
    questions: Sequence[Question],
) -> Kept:
    """Create or change a template; surveys sent from then on ask by it.

    Raises Invalid, naming everything that is wrong with the questions.
    """
    await one_at_a_time(session)
    if errors := question_errors(questions):
        raise Invalid(errors)
    kept: dict[str, Any] = {**values, "questions": msgspec.to_builtins(questions)}
    template = await session.get(SurveyTemplate, code)
    before = common(template, kept) if template else None
    if template is None:
        template = SurveyTemplate(code=code, version=1, **kept)
        session.add(template)
    elif not change(template, kept):
        return await one(session, code)
    await session.flush()
    subject = ("survey template", code)
    await record(session, act, "survey_template.kept", subject, before=before, after=kept)
    await outbox.send(
        session,
        SurveyTemplatePublished(
            code=code,
            version=template.version,
            heading=template.heading,
            questions=list(questions),
        ),
    )
    return await one(session, code)
