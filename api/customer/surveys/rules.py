"""What is an answer to a survey, and until when. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from api.messages import COMMENT, OVERALL_SCORE, RECOMMENDATION, Question, TicketStatus

OPEN_FOR = timedelta(days=14)
LONGEST_TEXT = 2_000

SCORES = {
    1: "Very dissatisfied",
    2: "Dissatisfied",
    3: "Neither satisfied nor dissatisfied",
    4: "Satisfied",
    5: "Very satisfied",
}

REMIND_AFTER = timedelta(days=5)
"""Past a weekend, with more than a week left to answer."""
LEAST_LEFT = timedelta(days=2)
"""Whoever has less than this to answer is not reminded any more."""
LOW_SCORE = 2
"""Up to this score (1 to 5) a customer is offered another visit; sysops alerts its managers."""

State = Literal["open", "answered", "expired"]
Return = Literal["none", "offered", "asked", "open"]
"""Whether we come again: not in question, offered, asked for, or the ticket is open again."""


@dataclass(frozen=True)
class Answer:
    """What a customer answered, by the codes of the questions; what was left out is missing.

    `choices` holds the codes that were chosen, for scores and recommendations the number.
    """

    choices: Mapping[str, tuple[str, ...]]
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def score(self) -> int:
        """The overall one, from 1 to 5."""
        return int(self.choices[OVERALL_SCORE][0])

    @property
    def would_recommend(self) -> int | None:
        """From 0 to 10."""
        chosen = self.choices.get(RECOMMENDATION)
        return int(chosen[0]) if chosen else None

    @property
    def comment(self) -> str | None:
        return self.texts.get(COMMENT)

    @property
    def drivers(self) -> dict[str, tuple[str, ...]]:
        """What was chosen beside the score and the recommendation, and may explain them."""
        standard = {OVERALL_SCORE, RECOMMENDATION}
        return {code: chosen for code, chosen in self.choices.items() if code not in standard}

    @property
    def others(self) -> dict[str, tuple[str, ...] | str]:
        """What has no column of its own."""
        texts = {code: words for code, words in self.texts.items() if code != COMMENT}
        return {**self.drivers, **texts}


def state_of(*, answered_at: datetime | None, expires_at: datetime, now: datetime) -> State:
    """An answered survey stays answered, also after its time."""
    if answered_at is not None:
        return "answered"
    return "open" if now < expires_at else "expired"


def is_reminded(*, status: TicketStatus, is_latest: bool, choices: Mapping[str, str]) -> bool:
    """Whether a customer who has not answered is asked once more.

    Not about a ticket that was reopened, and not who chose to hear of no survey, by the
    first mail or by the second.
    """
    wanted = "none" not in {choices.get("survey_invitation"), choices.get("survey_reminder")}
    return wanted and is_latest and status in {"resolved", "closed"}


def return_of(
    *,
    score: int | None,
    is_latest: bool,
    status: TicketStatus,
    pending_request: str | None,
    may_reopen: bool,
) -> Return:
    """What the page says of another visit, after an answer.

    `is_latest`: the ticket was not resolved again since; that resolution has a survey of its own.
    """
    if score is None or score > LOW_SCORE or not is_latest:
        return "none"
    if pending_request is not None:
        return "asked"
    if may_reopen:
        return "offered"
    return "none" if status in {"resolved", "closed", "cancelled"} else "open"


def read_reason(given: Sequence[str]) -> tuple[str, str | None]:
    """Why we shall come again, and what is wrong with it."""
    words = _written(given)
    if not words:
        return words, "Tell us what is still wrong."
    return words, _text_problem(words, "")


def values_of(question: Question) -> tuple[str, ...]:
    """What can be chosen, in the order in which it is shown."""
    if question.kind == "score":
        return tuple(str(score) for score in reversed(SCORES))
    if question.kind == "recommendation":
        return tuple(str(number) for number in range(11))
    return tuple(choice.code for choice in question.choices)


def in_words(question: Question, given: Sequence[str]) -> list[str]:
    """What was answered to a question, as people read it; nothing for what was left out."""
    if question.kind == "score":
        return [f"{value}: {SCORES[int(value)]}" for value in given]
    texts = {choice.code: choice.text for choice in question.choices}
    return [texts.get(value, value) for value in given]


def read_form(
    questions: Sequence[Question], form: Mapping[str, Sequence[str]]
) -> tuple[Answer | None, dict[str, str]]:
    """The answer in a form, or what is wrong with it by question; never both.

    Only what the page sends is an answer: no sign, no blank, no digit of another script.
    """
    choices: dict[str, tuple[str, ...]] = {}
    texts: dict[str, str] = {}
    errors: dict[str, str] = {}
    for question in questions:
        given = form.get(question.code, ())
        if question.kind == "text":
            words = _written(given)
            if wrong := _text_error(question, words):
                errors[question.code] = wrong
            elif words:
                texts[question.code] = words
            continue
        chosen = tuple(dict.fromkeys(value for value in given if value))
        if _is_choice(question, chosen):
            choices[question.code] = chosen
        elif chosen or question.required:
            errors[question.code] = _choice_error(question)
    if errors:
        return None, errors
    return Answer(choices, texts), {}


def _is_choice(question: Question, chosen: Sequence[str]) -> bool:
    one = question.kind != "multiple_choice"
    known = set(chosen) <= set(values_of(question))
    return bool(chosen) and known and not (one and len(chosen) > 1)


def _choice_error(question: Question) -> str:
    if question.code == OVERALL_SCORE:
        return "Choose how satisfied you are."
    if question.kind == "recommendation":
        more = "." if question.required else ", or leave it out."
        return f"Choose a number from 0 to 10{more}"
    return f"Choose an answer to “{question.text}”"


def _written(given: Sequence[str]) -> str:
    # Browsers send line breaks as two characters, and count them as one.
    return "".join(given[:1]).replace("\r\n", "\n").strip()


def _text_error(question: Question, words: str) -> str | None:
    if not words:
        return f"Write an answer to “{question.text}”" if question.required else None
    return _text_problem(words, f": “{question.text}”")


def _text_problem(words: str, where: str) -> str | None:
    if len(words) > LONGEST_TEXT:
        return f"Shorten your answer by {len(words) - LONGEST_TEXT:,} characters{where or '.'}"
    if not _can_be_kept(words):
        return f"Your answer holds a character that we cannot keep{where or '.'}"
    return None


def _can_be_kept(text: str) -> bool:
    return all(sign.isprintable() or sign.isspace() for sign in text if sign < "\x80")
