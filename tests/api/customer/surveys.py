"""Surveys as tests open them: one with the standard questions, and one with all kinds."""

import json
from typing import Any
from uuid import UUID

import pytest

from api.customer.surveys.links import SurveyLinks
from tests.api.customer.conftest import SURVEY_KEY, Customer
from tests.databases import Databases

LINKS = SurveyLinks(SURVEY_KEY)
QUESTIONS: list[dict[str, Any]] = [
    {
        "code": "time",
        "kind": "single_choice",
        "text": "Did the expert come in time?",
        "required": True,
        "choices": [{"code": "on_time", "text": "In time"}, {"code": "late", "text": "Late"}],
    },
    {
        "code": "score",
        "kind": "score",
        "text": "How satisfied are you with the repair?",
        "required": True,
    },
    {"code": "manners", "kind": "score", "text": "How satisfied are you with our manners?"},
    {
        "code": "went_well",
        "kind": "multiple_choice",
        "text": "What went well?",
        "choices": [
            {"code": "clear", "text": "I understood what was done"},
            {"code": "clean", "text": "All was left <clean>"},
        ],
    },
    {"code": "would_recommend", "kind": "recommendation", "text": "Would you recommend us?"},
    {"code": "missing", "kind": "text", "text": "What was missing?"},
    {"code": "comment", "kind": "text", "text": "What else?"},
]
GOOD = {"score": "4", "would_recommend": "9", "comment": "Quick & friendly.\r\nThank you"}


DEFAULT = ("default", 1)


async def add_survey(
    ada: Customer, databases: Databases, template: tuple[str, int] = DEFAULT
) -> str:
    """The path of a survey that waits for its answer."""
    ticket_id = await ada.ticket_id()
    rows = databases.rows(
        "customer",
        "INSERT INTO survey"
        " (ticket_id, ticket_version, account_id, template, template_version, sent_at, expires_at)"
        " VALUES (%s, 6, %s, %s, %s, now(), now() + interval '14 days') RETURNING id",
        ticket_id,
        ada.id,
        *template,
    )
    databases.execute("customer", "UPDATE ticket SET number = 100042")
    return f"/customer/surveys/{LINKS.token(UUID(str(rows[0][0])))}"


@pytest.fixture
async def survey(ada: Customer, databases: Databases) -> str:
    """One that asks the standard questions."""
    return await add_survey(ada, databases)


@pytest.fixture
async def long_survey(ada: Customer, databases: Databases) -> str:
    """One that asks a question of each kind, by the second version of its template."""
    for version, heading in ((1, "How was it?"), (2, "How was the repair?"), (3, "And now?")):
        add_template(databases, "repairs", version, heading)
    return await add_survey(ada, databases, ("repairs", 2))


def add_template(databases: Databases, code: str, version: int, heading: str) -> None:
    """A version of a template, as the catalogue has published it."""
    databases.execute(
        "customer",
        "INSERT INTO survey_template (code, version, heading, questions) VALUES (%s, %s, %s, %s)",
        code,
        version,
        heading,
        json.dumps(QUESTIONS if version < 3 else QUESTIONS[1:2]),
    )


def kept(databases: Databases) -> tuple[Any, ...]:
    return databases.rows(
        "customer", "SELECT score, would_recommend, comment, answered_at IS NOT NULL FROM survey"
    )[0]
