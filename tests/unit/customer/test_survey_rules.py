"""Survey links cannot be made by others, and a form is read to the last field."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.surveys.links import SurveyLinks
from api.customer.surveys.pages import introduction
from api.customer.surveys.rules import (
    LONGEST_TEXT,
    LOW_SCORE,
    Answer,
    read_form,
    read_reason,
    return_of,
    state_of,
)
from api.messages import Choice, Question
from api.sysops.tickets import rules as sysops_rules

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LINKS = SurveyLinks("k" * 32)
STANDARD = [
    Question(code="score", kind="score", text="How satisfied are you?", required=True),
    Question(code="would_recommend", kind="recommendation", text="Would you recommend us?"),
    Question(code="comment", kind="text", text="What should we do better?"),
]
AB = [Choice("a", "One"), Choice("b", "Other")]
EVERYTHING = [
    *STANDARD,
    Question(code="punctual", kind="score", text="How satisfied are you with the time?"),
    Question(code="reason", kind="single_choice", text="Why?", choices=AB),
    Question(code="liked", kind="multiple_choice", text="What did you like?", choices=AB),
]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)


@given(st.uuids())
def test_a_link_leads_to_its_survey(survey_id: UUID) -> None:
    assert LINKS.read(LINKS.token(survey_id)) == survey_id


@given(st.uuids(), st.data())
def test_a_link_with_any_other_sign_leads_nowhere(survey_id: UUID, data: st.DataObject) -> None:
    token = LINKS.token(survey_id)
    place = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123456789-_=+/é "))
    changed = token[:place] + sign + token[place + 1 :]
    assert LINKS.read(changed) == (survey_id if changed == token else None)


@given(TEXT)
def test_any_text_is_read_as_no_link(text: str) -> None:
    assert LINKS.read(text) is None


def test_a_link_signed_with_another_key_leads_nowhere() -> None:
    survey_id = uuid4()
    forged = SurveyLinks("x" * 32).token(survey_id)
    assert LINKS.read(forged) is None
    unsigned = base64.urlsafe_b64encode(survey_id.bytes + bytes(16)).decode().rstrip("=")
    assert LINKS.read(unsigned) is None


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        SurveyLinks("short")


def test_a_link_is_under_the_public_address() -> None:
    survey_id = uuid4()
    url = LINKS.url("https://support.example.com/", survey_id)
    assert url == f"https://support.example.com/customer/surveys/{LINKS.token(survey_id)}"


def test_only_the_score_is_needed_of_the_standard_questions() -> None:
    assert read_form(STANDARD, {"score": ["4"]}) == (Answer({"score": ("4",)}), {})


@pytest.mark.parametrize(
    ("question", "given", "read"),
    [
        ("punctual", ["5"], {"punctual": ("5",)}),
        ("would_recommend", ["0"], {"would_recommend": ("0",)}),
        ("would_recommend", ["10"], {"would_recommend": ("10",)}),
        ("would_recommend", [""], {}),
        ("reason", ["b"], {"reason": ("b",)}),
        ("liked", ["b", "a"], {"liked": ("b", "a")}),
        ("liked", ["a", "a"], {"liked": ("a",)}),
        ("liked", [], {}),
        ("comment", [" a\r\nb "], {"comment": "a\nb"}),
        ("comment", ["  "], {}),
    ],
)
def test_an_answer_is_read_by_the_kind_of_its_question(
    question: str, given: list[str], read: dict[str, Any]
) -> None:
    answer, errors = read_form(EVERYTHING, {"score": ["1"], question: given})
    assert errors == {}
    assert answer is not None
    found = {**answer.choices, **answer.texts}
    assert found == {"score": ("1",), **read}


@pytest.mark.parametrize(
    ("question", "given"),
    [
        *(("score", [score]) for score in ("", "0", "6", "5.0", " 5", "+5", "٥", "five")),
        ("score", ["4", "5"]),
        ("punctual", ["6"]),
        ("would_recommend", ["11"]),
        ("reason", ["c"]),
        ("reason", ["a", "b"]),
        ("liked", ["a", "x"]),
        ("comment", ["a\x00b"]),
        ("comment", ["x" * (LONGEST_TEXT + 7)]),
    ],
)
def test_what_the_page_does_not_send_is_an_error_of_its_question(
    question: str, given: list[str]
) -> None:
    answer, errors = read_form(EVERYTHING, {"score": ["1"], question: given})
    assert answer is None
    assert set(errors) == {question}


def test_every_error_is_told_at_once_and_what_is_required_by_its_question() -> None:
    needed = [msgspec.structs.replace(question, required=True) for question in EVERYTHING]
    answer, errors = read_form(needed, {"comment": ["x" * (LONGEST_TEXT + 7)]})
    assert answer is None
    assert list(errors) == [question.code for question in EVERYTHING]
    assert errors["score"] == "Choose how satisfied you are."
    assert errors["reason"] == "Choose an answer to “Why?”"
    assert "by 7 characters" in errors["comment"]


def test_a_text_may_be_two_thousand_characters_with_line_breaks_counted_once() -> None:
    comment = "x\r\n" * (LONGEST_TEXT // 2)
    answer, errors = read_form(STANDARD, {"score": ["5"], "comment": [comment]})
    assert errors == {}
    assert answer is not None


def test_what_reports_rest_on_is_told_apart_from_what_may_explain_it() -> None:
    answer = Answer(
        {"score": ("2",), "would_recommend": ("0",), "liked": ("a", "b"), "punctual": ("1",)},
        {"comment": "Late.", "missing": "A part."},
    )
    assert (answer.score, answer.would_recommend, answer.comment) == (2, 0, "Late.")
    assert answer.drivers == {"liked": ("a", "b"), "punctual": ("1",)}
    assert answer.others == {"liked": ("a", "b"), "punctual": ("1",), "missing": "A part."}
    assert Answer({"score": ("5",)}).would_recommend is None


@given(st.dictionaries(st.sampled_from([it.code for it in EVERYTHING]), st.lists(TEXT, max_size=3)))
def test_a_form_is_an_answer_or_has_errors_and_never_both(form: dict[str, list[str]]) -> None:
    answer, errors = read_form(EVERYTHING, form)
    assert (answer is None) == bool(errors)


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ([True], "One question, one minute."),
        ([True, False, False], "Three questions, one minute. Only the first one needs an answer."),
        (
            [False, True, False, False, False],
            "Five questions, two minutes. What is marked as optional can be left out.",
        ),
        ([True] * 10, "Ten questions, three minutes."),
    ],
)
def test_the_page_says_how_much_there_is_to_answer(needed: list[bool], words: str) -> None:
    questions = [Question(code="q", kind="text", text="Well?", required=it) for it in needed]
    assert introduction(questions) == words


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "offered"),
        ({"score": 1, "status": "closed"}, "offered"),
        ({"score": 3}, "none"),
        ({"score": None}, "none"),
        ({"is_latest": False}, "none"),
        ({"pending_request": "reopen"}, "asked"),
        ({"status": "open", "may_reopen": False}, "open"),
        ({"status": "accepted", "may_reopen": False}, "open"),
        ({"status": "closed", "may_reopen": False}, "none"),
        ({"status": "cancelled", "may_reopen": False}, "none"),
    ],
)
def test_another_visit_is_offered_after_a_low_score_while_the_ticket_may_be_reopened(
    facts: dict[str, Any], expected: str
) -> None:
    usual: dict[str, Any] = {
        "score": 2,
        "is_latest": True,
        "status": "resolved",
        "pending_request": None,
        "may_reopen": True,
    }
    assert return_of(**(usual | facts)) == expected


def test_both_quanta_take_the_same_scores_for_low() -> None:
    assert LOW_SCORE == sysops_rules.LOW_SCORE


@pytest.mark.parametrize(
    ("typed", "reason", "is_fine"),
    [
        ([" Dark\r\nagain. "], "Dark\nagain.", True),
        ([], "", False),
        (["  "], "", False),
        (["a\x00"], "a\x00", False),
        (["x" * (LONGEST_TEXT + 1)], "x" * (LONGEST_TEXT + 1), False),
    ],
)
def test_another_visit_needs_a_reason(typed: list[str], reason: str, is_fine: bool) -> None:
    words, error = read_reason(typed)
    assert (words, error is None) == (reason, is_fine)


@pytest.mark.parametrize(
    ("answered", "age", "state"),
    [
        (False, timedelta(0), "open"),
        (False, timedelta(days=14), "expired"),
        (True, timedelta(0), "answered"),
        (True, timedelta(days=15), "answered"),
    ],
)
def test_a_survey_is_open_for_fourteen_days(answered: bool, age: timedelta, state: str) -> None:
    answered_at = NOW if answered else None
    expires_at = NOW - age + timedelta(days=14)
    assert state_of(answered_at=answered_at, expires_at=expires_at, now=NOW) == state
