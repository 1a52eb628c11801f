"""A survey asks what its template asks, whatever kinds of questions that are."""

import html
import re

import httpx

from api.messages import SurveyAnswered
from tests.api.customer.conftest import sent
from tests.api.customer.surveys import QUESTIONS, kept, long_survey
from tests.databases import Databases

__all__ = ["long_survey"]


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
