"""What customers' answers bring to the analytics database."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.analytics.surveys.tables import SurveyResponse
from api.messages import SurveyAnswered


async def survey_answered(session: AsyncSession, message: SurveyAnswered, now: datetime) -> None:
    """Keep the scores; a survey is answered once, so a second answer changes nothing."""
    await session.execute(
        insert(SurveyResponse)
        .values(
            survey_id=message.survey_id,
            ticket_id=message.ticket_id,
            score=message.score,
            would_recommend=message.would_recommend,
            has_comment=message.has_comment,
            answered_at=message.answered_at,
            received_at=now,
        )
        .on_conflict_do_nothing()
    )
