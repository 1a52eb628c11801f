"""What the catalogue accepts. Pure."""

from collections.abc import Collection, Sequence

from api.kernel.errors import FieldError
from api.messages import COMMENT, OVERALL_SCORE, RECOMMENDATION, Question

CODE = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ANSWER_CODE = r"^[a-z0-9]+(_[a-z0-9]+)*$"
"""Codes of questions and choices: fields of a form, and values in reports."""
LONGEST_CODE = 40
MOST_QUESTIONS = 10
FEWEST_CHOICES = 2
MOST_CHOICES = 12
SHORTEST_MINUTES = 15
LONGEST_MINUTES = 120
"""A visit fits one arrival window; more work is a follow-up visit."""
HIGHEST_LEVEL = 5


def listing_errors(
    codes: Sequence[str], known: Collection[str], pointer: str, what: str, *, within: str = ""
) -> list[FieldError]:
    """Codes that do not exist or stand there twice; `within` ends the pointer of each."""
    errors = []
    for index, code in enumerate(codes):
        at = f"{pointer}/{index}{within}"
        if code not in known:
            errors.append(FieldError(at, f"There is no such {what}."))
        elif code in codes[:index]:
            errors.append(FieldError(at, f"This {what} is listed already."))
    return errors


def question_errors(questions: Sequence[Question]) -> list[FieldError]:
    """Everything that keeps these questions from being a survey.

    The overall score is asked always, for reports, alerts and the closing of tickets rest on it.
    """
    codes = [question.code for question in questions]
    errors = []
    if OVERALL_SCORE not in codes:
        words = f"Ask the overall score: a required question of the kind score, {OVERALL_SCORE!r}."
        errors.append(FieldError("/questions", words))
    for index, question in enumerate(questions):
        at = f"/questions/{index}"
        if question.code in codes[:index]:
            errors.append(FieldError(f"{at}/code", "Another question has this code."))
        errors.extend(_standard_errors(question, at))
        errors.extend(_choice_errors(question, at))
    return errors


def _standard_errors(question: Question, at: str) -> list[FieldError]:
    """The codes that mean the same everywhere are asked in one way."""
    errors = []
    if question.code == OVERALL_SCORE and question.kind != "score":
        errors.append(FieldError(f"{at}/kind", "The overall score is of the kind score."))
    if question.code == OVERALL_SCORE and not question.required:
        errors.append(FieldError(f"{at}/required", "The overall score needs an answer."))
    if question.code == RECOMMENDATION and question.kind != "recommendation":
        words = f"A question with the code {RECOMMENDATION!r} is of the kind recommendation."
        errors.append(FieldError(f"{at}/kind", words))
    if question.kind == "recommendation" and question.code != RECOMMENDATION:
        words = f"The recommendation has the code {RECOMMENDATION!r}, and is asked once."
        errors.append(FieldError(f"{at}/code", words))
    if question.code == COMMENT and question.kind != "text":
        words = f"A question with the code {COMMENT!r} is of the kind text."
        errors.append(FieldError(f"{at}/kind", words))
    return errors


def _choice_errors(question: Question, at: str) -> list[FieldError]:
    choices = question.choices
    if question.kind not in {"single_choice", "multiple_choice"}:
        words = "Only questions of the kinds single_choice and multiple_choice have choices."
        return [FieldError(f"{at}/choices", words)] if choices else []
    if len(choices) < FEWEST_CHOICES:
        return [FieldError(f"{at}/choices", f"Offer {FEWEST_CHOICES} choices or more.")]
    errors = []
    for index, choice in enumerate(choices):
        if choice.code in [it.code for it in choices[:index]]:
            errors.append(FieldError(f"{at}/choices/{index}/code", "Another choice has this code."))
        if choice.text in [it.text for it in choices[:index]]:
            errors.append(FieldError(f"{at}/choices/{index}/text", "Another choice says the same."))
    return errors
