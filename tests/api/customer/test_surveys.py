"""The survey: one answer to one link, told to analytics and to sysops."""

import asyncio
import html
import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.customer.surveys.links import SurveyLinks
from api.messages import SurveyAnswered, SurveyOutcome
from tests.api.customer.conftest import SURVEY_KEY, Customer, counts, sent
from tests.databases import Databases

LINKS = SurveyLinks(SURVEY_KEY)
URL_ENCODED = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=x"}
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


async def test_a_survey_asks_by_the_version_of_its_template_that_it_was_sent_with(
    customer: httpx.AsyncClient, long_survey: str
) -> None:
    text = (await customer.get(long_survey)).text
    assert "<h1>How was the repair?</h1>" in text
    places = [text.index(html.escape(question["text"])) for question in QUESTIONS]
    assert places == sorted(places)
    assert "All was left &lt;clean&gt;" in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids))
    inputs = re.findall(r'<(?:input|textarea)[^>]* id="([^"]*)"', text)
    assert len(inputs) == 2 + 5 + (5 + 1) + 2 + (11 + 1) + 1 + 1
    assert [name for name in inputs if f'for="{name}"' not in text] == []
    assert text.count("<fieldset") == text.count("<legend") == 5


async def test_every_kind_of_answer_is_kept_with_what_was_chosen(
    customer: httpx.AsyncClient, databases: Databases, long_survey: str
) -> None:
    form = {
        "time": "late",
        "score": "3",
        "manners": "5",
        "went_well": ["clear", "clean"],
        "would_recommend": "7",
        "missing": "A spare part.",
        "comment": "",
        "unheard_of": "x",
    }
    assert (await customer.post(long_survey, data=form)).status_code == 200
    assert kept(databases) == (3, 7, None, True)
    assert databases.rows("customer", "SELECT template_version, answers FROM survey") == [
        (
            2,
            {
                "time": ["late"],
                "manners": ["5"],
                "went_well": ["clear", "clean"],
                "missing": "A spare part.",
            },
        )
    ]
    (told,) = sent(databases, SurveyAnswered)
    assert (told.score, told.would_recommend, told.has_comment) == (3, 7, True)
    assert (told.template, told.template_version) == ("repairs", 2)
    assert told.choices == {"time": ["late"], "manners": ["5"], "went_well": ["clear", "clean"]}


async def test_each_kind_of_question_keeps_what_was_typed_beside_an_error(
    customer: httpx.AsyncClient, databases: Databases, long_survey: str
) -> None:
    form = {
        "manners": "2",
        "went_well": ["clean", "nonsense"],
        "would_recommend": "",
        "missing": "<i>A part</i>",
    }
    page = await customer.post(long_survey, data=form)
    assert page.status_code == 422
    assert re.findall(r'<li><a href="#([^"]*)"', page.text) == [
        "time-on_time",
        "score-5",
        "went_well-clear",
    ]
    checked = re.findall(r'<input [^>]* id="([^"]*)"[^>]* checked>', page.text)
    assert checked == ["manners-2", "went_well-clean", "would_recommend--none"]
    assert ">\n&lt;i&gt;A part&lt;/i&gt;</textarea>" in page.text
    assert 'aria-describedby="went_well--hint went_well--error"' in page.text
    assert kept(databases)[3] is False


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
