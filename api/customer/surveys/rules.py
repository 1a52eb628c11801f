"""What an answered survey is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

OPEN_FOR = timedelta(days=14)
LONGEST_COMMENT = 2_000

SCORES = {
    1: "Very dissatisfied",
    2: "Dissatisfied",
    3: "Neither satisfied nor dissatisfied",
    4: "Satisfied",
    5: "Very satisfied",
}

State = Literal["open", "answered", "expired"]


@dataclass(frozen=True)
class Answer:
    """`score` from 1 to 5, `would_recommend` from 0 to 10."""

    score: int
    would_recommend: int | None
    comment: str | None


def state_of(*, answered_at: datetime | None, expires_at: datetime, now: datetime) -> State:
    """An answered survey stays answered, also after its time."""
    if answered_at is not None:
        return "answered"
    return "open" if now < expires_at else "expired"


def read_form(form: Mapping[str, str]) -> tuple[Answer | None, dict[str, str]]:
    """The answer in a form, or what is wrong with it by field; never both."""
    errors = {}
    score = _number(form.get("score", ""), 1, 5)
    if score is None:
        errors["score"] = "Choose how satisfied you are."
    recommend_text = form.get("would_recommend", "")
    would_recommend = _number(recommend_text, 0, 10)
    if recommend_text and would_recommend is None:
        errors["would_recommend"] = "Choose a number from 0 to 10, or leave it out."
    # Browsers send line breaks as two characters, and count them as one.
    comment = form.get("comment", "").replace("\r\n", "\n").strip()
    if len(comment) > LONGEST_COMMENT:
        excess = len(comment) - LONGEST_COMMENT
        errors["comment"] = f"Shorten your comment by {excess:,} characters."
    elif not _can_be_kept(comment):
        errors["comment"] = "Your comment holds a character that we cannot keep. Remove it."
    if errors or score is None:
        return None, errors
    return Answer(score, would_recommend, comment or None), {}


def _number(text: str, low: int, high: int) -> int | None:
    """Only what our form sends is a number: no sign, no blank, no digit of another script."""
    known = {str(number): number for number in range(low, high + 1)}
    return known.get(text)


def _can_be_kept(text: str) -> bool:
    return all(sign.isprintable() or sign.isspace() for sign in text if sign < "\x80")
