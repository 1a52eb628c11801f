"""When a password may be tried, what is none, and what a refresh token does. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

FREE_TRIES = 5
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
FAILURES_COUNT_FOR = timedelta(days=1)
"""So long after the last wrong password the count begins again."""

_FEWEST_SIGNS = 4
# Words that everybody knows who tries passwords of this company's people.
COMPANY = ("Sysops Squad", "Penultimate")
_SHORTEST_NAME = 4
"""Shorter names are parts of many words, and a password is not weak for having one in it."""


def wait_left(failures: int, last_at: datetime, now: datetime) -> timedelta:
    """How long no password of this address is looked at; zero or less: it may be tried.

    From the fifth wrong password on, 30 s doubling to an hour: a person who mistyped waits
    little, and a guesser gets some thirty passwords a day.
    """
    if failures < FREE_TRIES:
        return timedelta(0)
    # Ten doublings are past the longest wait; more would only make a large number.
    doublings = min(failures - FREE_TRIES, 10)
    return last_at + min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT) - now


def failures_before(failures: int, last_at: datetime, now: datetime) -> int:
    """The wrong passwords that still count."""
    return failures if now - last_at < FAILURES_COUNT_FOR else 0


def is_monotonous(password: str) -> bool:
    """Whether it is made of so few different signs that its length says nothing."""
    return len(set(password.casefold())) < _FEWEST_SIGNS


def gives_away(password: str, email: str, full_name: str) -> str | None:
    """The part of the e-mail address, or a name of theirs or ours, that the password has in it.

    None for none. Case and whatever stands between the letters do not hide it.
    """
    plain = _letters(password)
    local_part = email.partition("@")[0]
    words = [email, local_part, full_name, *_parts(local_part), *full_name.split(), *COMPANY]
    for word in words:
        letters = _letters(word)
        if len(letters) >= _SHORTEST_NAME and letters in plain:
            return word
    return None


def _parts(local_part: str) -> Iterable[str]:
    return "".join(sign if sign.isalnum() else " " for sign in local_part).split()


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


@dataclass(frozen=True)
class TokenState:
    """What is known of a refresh token."""

    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def refreshing(token: TokenState, now: datetime) -> Literal["rotate", "refuse", "stolen"]:
    """What a refresh token does now.

    One that was exchanged before is in two hands, and nobody can tell whose are the right ones.
    """
    if token.revoked_at is not None:
        return "refuse"
    if token.used_at is not None:
        return "stolen"
    return "rotate" if now < token.expires_at else "refuse"
