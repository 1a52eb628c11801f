"""The survey: one answer to one link, told to analytics and to sysops."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.customer.surveys.links import SurveyLinks
from api.messages import SurveyAnswered, SurveyOutcome
from tests.api.customer.conftest import counts, sent
from tests.api.customer.surveys import GOOD, LINKS, kept, survey
from tests.databases import Databases

__all__ = ["survey"]

URL_ENCODED = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}


async def test_the_page_shows_the_questions_without_scripts_or_other_hosts(
    customer: httpx.AsyncClient, survey: str
) -> None:
    page = await customer.get(survey)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Television: No picture" in page.text
    assert "Ticket 100042" in page.text
    assert "<script" not in page.text
    assert "http" not in page.text
    assert "src=" not in page.text
    assert "Ada" not in page.text


async def test_every_input_of_the_page_has_a_label(
    customer: httpx.AsyncClient, survey: str
) -> None:
    text = (await customer.get(survey)).text
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    inputs = [
        name for name in ids if name.startswith(("score-", "would_recommend-")) or name == "comment"
    ]
    assert len(inputs) == 5 + 12 + 1
    assert [name for name in inputs if f'for="{name}"' not in text] == []
    assert text.count("<fieldset") == text.count("<legend") == 2


async def test_the_page_may_be_kept_framed_and_extended_by_nobody(
    customer: httpx.AsyncClient, survey: str
) -> None:
    unknown = await customer.get("/customer/surveys/unknown")
    for page in (await customer.get(survey), unknown):
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["x-frame-options"] == "DENY"


async def test_an_answer_is_kept_and_told_to_analytics_and_sysops(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    answer = await customer.post(survey, data=GOOD, follow_redirects=False)
    assert answer.status_code == 303
    page = await customer.get(str(answer.url.join(answer.headers["location"])))
    assert page.status_code == 200
    assert "Thank you" in page.text
    assert kept(databases) == (4, 9, "Quick & friendly.\nThank you", True)
    (scores,) = sent(databases, SurveyAnswered)
    (outcome,) = sent(databases, SurveyOutcome)
    assert (scores.score, scores.would_recommend, scores.has_comment) == (4, 9, True)
    assert (outcome.ticket_id, outcome.score) == (scores.ticket_id, 4)
    assert outcome.answered_at == scores.answered_at


async def test_the_score_alone_is_an_answer(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    form = {"score": "2", "would_recommend": "", "comment": ""}
    assert (await customer.post(survey, data=form)).status_code == 200
    assert kept(databases) == (2, None, None, True)
    (scores,) = sent(databases, SurveyAnswered)
    assert (scores.would_recommend, scores.has_comment) == (None, False)


async def test_a_second_answer_is_met_kindly_and_changes_nothing(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    await customer.post(survey, data=GOOD)
    before = counts(databases)
    again = await customer.post(survey, data={"score": "1"})
    assert again.status_code == 409
    assert "You have already answered" in again.text
    assert kept(databases)[0] == 4
    assert counts(databases) == before


async def test_of_answers_at_the_same_moment_one_is_kept(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    answers = await asyncio.gather(
        *(
            customer.post(survey, data={"score": str(score)}, follow_redirects=False)
            for score in (1, 3, 5)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409]
    assert len(sent(databases, SurveyOutcome)) == len(sent(databases, SurveyAnswered)) == 1


async def test_a_form_with_errors_says_what_to_correct_and_keeps_what_was_typed(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    before = counts(databases)
    comment = '<b>"long"</b> ' + "x" * 2000
    form = {"score": "9", "would_recommend": "7", "comment": comment}
    page = await customer.post(survey, data=form)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert 'role="alert"' in page.text
    assert 'href="#score-5"' in page.text
    assert 'href="#comment"' in page.text
    assert 'id="would_recommend-7" value="7" checked' in page.text
    assert "&lt;b&gt;&#34;long&#34;&lt;/b&gt; xxx" in page.text
    assert kept(databases)[3] is False
    assert counts(databases) == before


@pytest.mark.parametrize(
    "sent_as",
    [
        {"json": {"score": 5}},
        {"content": b""},
        {"files": {"score": ("5", b"5")}},
        {"content": b"score=\xff", "headers": URL_ENCODED},
        {"content": b"comment=" + b"x" * 2_000_000, "headers": URL_ENCODED},
        {"content": b"--x\r\nnonsense", "headers": MULTIPART},
    ],
)
async def test_what_is_not_our_form_gets_a_page_and_writes_nothing(
    customer: httpx.AsyncClient, databases: Databases, survey: str, sent_as: dict[str, Any]
) -> None:
    before = counts(databases)
    page = await customer.post(survey, **sent_as)
    assert page.status_code in {400, 413, 422}
    assert page.headers["content-type"].startswith("text/html")
    assert counts(databases) == before


async def test_a_link_that_we_did_not_make_is_met_kindly(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    forged = SurveyLinks("another key than the one of the house").token(uuid4())
    nobodys = LINKS.token(uuid4())
    for token in (forged, nobodys, "x", survey.rpartition("/")[2][:-1]):
        for page in (
            await customer.get(f"/customer/surveys/{token}"),
            await customer.post(f"/customer/surveys/{token}", data=GOOD),
            await customer.post(f"/customer/surveys/{token}/reopen", data={"reason": "Dark."}),
        ):
            assert page.status_code == 404
            assert "We do not know this survey" in page.text
    assert kept(databases)[3] is False


async def test_after_fourteen_days_the_survey_is_closed(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    databases.execute("customer", "UPDATE survey SET expires_at = now() - interval '1 second'")
    for page in (await customer.get(survey), await customer.post(survey, data=GOOD)):
        assert page.status_code == 410
        assert "This survey is closed" in page.text
    assert sent(databases, SurveyOutcome) == []


async def test_trouble_of_ours_is_told_as_a_page(
    customer: httpx.AsyncClient, databases: Databases, survey: str
) -> None:
    databases.execute("customer", "ALTER TABLE survey RENAME TO elsewhere")
    page = await customer.get(survey)
    assert page.status_code == 500
    assert "Something went wrong on our side" in page.text
