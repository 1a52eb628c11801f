"""The survey of a resolution: by which template it asks, and once."""

from api.messages import Question, SurveyTemplatePublished, TicketTypePublished
from tests.api.customer.world import Household
from tests.databases import Databases
from tests.integration.customer.sysops import hear, progress

SCORE = Question(code="score", kind="score", text="How satisfied are you?", required=True)


def template(code: str, version: int) -> SurveyTemplatePublished:
    return SurveyTemplatePublished(code=code, version=version, heading="Well?", questions=[SCORE])


def ticket_type(survey_template: str | None, version: int) -> TicketTypePublished:
    return TicketTypePublished(
        code="tv-picture",
        version=version,
        name="No picture",
        device_type="tv",
        device_name="Television",
        active=True,
        survey_template=survey_template,
    )


def asked_by(databases: Databases) -> list[tuple[str, int]]:
    return databases.rows(
        "customer", "SELECT template, template_version FROM survey ORDER BY ticket_version"
    )


async def test_a_resolution_is_asked_by_the_newest_version_of_its_ticket_types_template(
    databases: Databases, home: Household
) -> None:
    await hear(databases, template("repairs", 2), template("repairs", 1), template("default", 7))
    await hear(databases, ticket_type("repairs", 2), progress(home, 5, "resolved"))
    await hear(databases, template("repairs", 3), progress(home, 9, "resolved"))
    assert asked_by(databases) == [("repairs", 2), ("repairs", 3)]


async def test_the_default_asks_for_types_that_name_no_template_or_one_that_is_not_here_yet(
    databases: Databases, home: Household
) -> None:
    await hear(databases, template("repairs", 1), progress(home, 5, "resolved"))
    await hear(databases, ticket_type("on-its-way", 2), progress(home, 9, "resolved"))
    await hear(databases, template("default", 2), progress(home, 13, "resolved"))
    assert asked_by(databases) == [("default", 1), ("default", 1), ("default", 2)]


async def test_a_survey_that_was_sent_keeps_its_questions(
    databases: Databases, home: Household
) -> None:
    await hear(databases, progress(home, 5, "resolved"))
    await hear(databases, template("default", 2), progress(home, 5, "resolved"))
    assert asked_by(databases) == [("default", 1)]
    assert databases.rows(
        "customer", "SELECT count(*) FROM survey_template WHERE code = 'default'"
    ) == [(2,)]
