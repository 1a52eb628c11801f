"""A template of a survey asks what reports rest on, and can be answered."""

from typing import Any

import pytest

from api.messages import Choice, Question
from api.sysops.catalogue.rules import question_errors

TWO = [Choice("a", "One"), Choice("b", "Other")]


def question(code: str, kind: str, **more: Any) -> Question:
    return Question(code=code, kind=kind, text="Well?", **more)  # type: ignore[arg-type]


SCORE = question("score", "score", required=True)


@pytest.mark.parametrize(
    "questions",
    [
        [SCORE],
        [question("comment", "text"), SCORE, question("would_recommend", "recommendation")],
        [SCORE, question("punctual", "score"), question("why", "text", required=True)],
        [question("what", "single_choice", choices=TWO), SCORE],
        [SCORE, question("what", "multiple_choice", choices=TWO, required=True)],
    ],
)
def test_a_template_with_the_overall_score_may_ask_what_else_it_likes(
    questions: list[Question],
) -> None:
    assert question_errors(questions) == []


@pytest.mark.parametrize(
    ("wrong", "pointers"),
    [
        ([], {"/questions"}),
        ([question("satisfied", "score", required=True)], {"/questions"}),
        ([question("score", "score")], {"/questions/0/required"}),
        ([question("score", "text", required=True)], {"/questions/0/kind"}),
        ([SCORE, SCORE], {"/questions/1/code"}),
        ([SCORE, question("would_recommend", "score")], {"/questions/1/kind"}),
        ([SCORE, question("friends", "recommendation")], {"/questions/1/code"}),
        ([SCORE, question("comment", "score")], {"/questions/1/kind"}),
        ([SCORE, question("why", "text", choices=TWO)], {"/questions/1/choices"}),
        ([SCORE, question("what", "single_choice")], {"/questions/1/choices"}),
        ([SCORE, question("what", "multiple_choice", choices=TWO[:1])], {"/questions/1/choices"}),
        (
            [SCORE, question("what", "single_choice", choices=[*TWO, Choice("a", "Third")])],
            {"/questions/1/choices/2/code"},
        ),
        (
            [SCORE, question("what", "single_choice", choices=[*TWO, Choice("c", "One")])],
            {"/questions/1/choices/2/text"},
        ),
    ],
)
def test_what_cannot_be_asked_or_answered_is_named_where_it_stands(
    wrong: list[Question], pointers: set[str]
) -> None:
    assert {error.pointer for error in question_errors(wrong)} == pointers
