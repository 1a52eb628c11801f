"""Survey answers reach the analytics database, once, without their text."""

from datetime import UTC, datetime
from uuid import uuid4

from api.messages import SurveyAnswered
from tests.databases import Databases
from tests.messaging import deliver, send


async def test_an_answer_arrives_once_however_often_it_is_sent(databases: Databases) -> None:
    answer = SurveyAnswered(
        survey_id=uuid4(),
        ticket_id=uuid4(),
        score=4,
        would_recommend=9,
        has_comment=True,
        answered_at=datetime.now(UTC),
        template="repairs",
        template_version=3,
        choices={"liked": ["quick", "clear"], "punctual": ["5"]},
    )
    await send(databases, answer, answer)
    assert await deliver(databases, "customer", "analytics") == 2
    assert databases.rows(
        "analytics",
        "SELECT survey_id, score, would_recommend, has_comment, template, template_version"
        " FROM survey_response",
    ) == [(answer.survey_id, 4, 9, True, "repairs", 3)]
    assert databases.rows("analytics", "SELECT * FROM survey_choice ORDER BY 2, 3") == [
        (answer.survey_id, "liked", "clear"),
        (answer.survey_id, "liked", "quick"),
        (answer.survey_id, "punctual", "5"),
    ]
