"""What customers' answers bring to the analytics database."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.analytics.surveys.tables import SurveyChoice, SurveyResponse
from api.messages import SurveyAnswered


async def survey_answered(session: AsyncSession, message: SurveyAnswered, now: datetime) -> None:
    """Keep scores and choices; a survey is answered once, so a second answer changes nothing."""
    new = await session.scalar(
        insert(SurveyResponse)
        .values(
            survey_id=message.survey_id,
            ticket_id=message.ticket_id,
            score=message.score,
            would_recommend=message.would_recommend,
            has_comment=message.has_comment,
            answered_at=message.answered_at,
            received_at=now,
            template=message.template,
            template_version=message.template_version,
        )
        .on_conflict_do_nothing()
        .returning(SurveyResponse.survey_id)
    )
    chosen = [
        {"survey_id": new, "question": question, "choice": choice}
        for question, choices in message.choices.items()
        for choice in choices
    ]
    if new is not None and chosen:
        await session.execute(insert(SurveyChoice), chosen)
