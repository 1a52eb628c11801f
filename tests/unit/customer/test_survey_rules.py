"""Survey links cannot be made by others, and a form is read to the last field."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.surveys.links import SurveyLinks
from api.customer.surveys.rules import (
    LONGEST_COMMENT,
    Answer,
    read_form,
    state_of,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LINKS = SurveyLinks("k" * 32)
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


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"score": "5"}, Answer(5, None, None)),
        ({"score": "1", "would_recommend": "", "comment": "  "}, Answer(1, None, None)),
        ({"score": "3", "would_recommend": "0"}, Answer(3, 0, None)),
        ({"score": "3", "would_recommend": "10"}, Answer(3, 10, None)),
        ({"score": "3", "comment": " a\r\nb "}, Answer(3, None, "a\nb")),
    ],
)
def test_only_the_score_is_needed(form: dict[str, str], answer: Answer) -> None:
    assert read_form(form) == (answer, {})


@pytest.mark.parametrize("score", ["", "0", "6", "5.0", " 5", "+5", "٥", "five"])
def test_a_score_is_one_of_five(score: str) -> None:
    answer, errors = read_form({"score": score})
    assert answer is None
    assert set(errors) == {"score"}


def test_every_error_is_told_at_once() -> None:
    answer, errors = read_form({"would_recommend": "11", "comment": "x" * (LONGEST_COMMENT + 7)})
    assert answer is None
    assert set(errors) == {"score", "would_recommend", "comment"}
    assert "by 7 characters" in errors["comment"]


def test_a_comment_may_be_two_thousand_characters_with_line_breaks_counted_once() -> None:
    comment = "x\r\n" * (LONGEST_COMMENT // 2)
    answer, errors = read_form({"score": "5", "comment": comment})
    assert errors == {}
    assert answer is not None


def test_a_comment_with_a_character_the_database_refuses_is_an_error() -> None:
    assert set(read_form({"score": "5", "comment": "a\x00b"})[1]) == {"comment"}


@given(st.dictionaries(st.sampled_from(["score", "would_recommend", "comment"]), TEXT))
def test_a_form_is_an_answer_or_has_errors_and_never_both(form: dict[str, str]) -> None:
    answer, errors = read_form(form)
    assert (answer is None) == bool(errors)


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
