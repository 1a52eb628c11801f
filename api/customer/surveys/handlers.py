"""The templates of surveys, as sysops publishes them."""

from datetime import datetime

import msgspec
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.customer.surveys.tables import SurveyTemplate
from api.messages import SurveyTemplatePublished


async def survey_template_published(
    session: AsyncSession, message: SurveyTemplatePublished, _: datetime
) -> None:
    """Keep a version of a template; all of them stay, so the order of arrival does not matter."""
    await session.execute(
        insert(SurveyTemplate)
        .values(
            code=message.code,
            version=message.version,
            heading=message.heading,
            questions=msgspec.to_builtins(message.questions),
        )
        .on_conflict_do_nothing()
    )
