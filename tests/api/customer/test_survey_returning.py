"""After a low score the page offers that we come again."""

import asyncio
import re

import httpx
import pytest

from api.messages import SurveyOutcome, TicketRequested
from tests.api.customer.conftest import sent
from tests.api.customer.surveys import survey
from tests.databases import Databases

__all__ = ["survey"]

RESOLVED_AGAIN = """
INSERT INTO survey (ticket_id, ticket_version, account_id, sent_at, expires_at)
SELECT ticket_id, 10, account_id, now(), now() + interval '14 days' FROM survey
"""


async def test_after_a_low_score_another_visit_is_asked_for_once_with_its_reason(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    databases.execute("customer", "UPDATE ticket SET status = 'resolved', resolved_at = now()")
    await customer.post(survey, data={"score": "2", "comment": "Not nice."})
    page = await customer.get(survey)
    assert "Shall we come again?" in page.text
    action = re.findall(r'action="([^"]*)"', page.text)[0]
    path = str(page.url.join(action))

    wrong = await customer.post(path, data={"reason": "<b>" + "x" * 2000})
    assert (wrong.status_code, "Shorten your answer" in wrong.text) == (422, True)
    assert "&lt;b&gt;xxx" in wrong.text
    assert (await customer.post(path, data={})).status_code == 422
    # A restored tab asks for the address of the refused form.
    restored = await customer.get(path, follow_redirects=True)
    assert (restored.url, restored.status_code) == (page.url, 200)
    assert (await customer.get(path.replace(survey, survey + "ü"))).status_code == 404
    assert sent(databases, TicketRequested) == []

    answers = await asyncio.gather(
        *(
            customer.post(path, data={"reason": "Dark\r\nagain."}, follow_redirects=False)
            for _ in range(3)
        )
    )
    assert {it.status_code for it in answers} == {303}
    page = await customer.get(str(answers[0].url.join(answers[0].headers["location"])))
    assert "We have your request" in page.text
    (request,) = sent(databases, TicketRequested)
    assert (request.kind, request.reason) == ("reopen", "Dark\nagain.")
    (outcome,) = sent(databases, SurveyOutcome)
    assert (outcome.ticket_id, outcome.ticket_version) == (request.ticket_id, 6)


@pytest.mark.parametrize(
    ("score", "otherwise"),
    [
        ("3", "SELECT 1"),
        ("1", "UPDATE ticket SET resolved_at = now() - interval '14 days 1 minute'"),
        ("1", "UPDATE ticket SET status = 'in_progress'"),
        ("1", RESOLVED_AGAIN),
        ("", "SELECT 1"),
    ],
)
async def test_nobody_comes_again_who_was_not_offered_to(
    customer: httpx.AsyncClient, databases: Databases, survey: str, score: str, otherwise: str
) -> None:
    databases.execute("customer", "UPDATE ticket SET status = 'resolved', resolved_at = now()")
    await customer.post(survey, data={"score": score})
    databases.execute("customer", otherwise)
    page = await customer.post(f"{survey}/reopen", data={"reason": "Dark again."})
    assert (page.status_code, "Shall we come again?" in page.text) == (200, False)
    assert sent(databases, TicketRequested) == []
