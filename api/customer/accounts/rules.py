"""How long tokens last, and when somebody may try a password or ask for a mail again. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

REFRESH_TOKEN_LIFE = timedelta(days=30)

Purpose = Literal["confirm_email", "reset_password"]
# A reset is asked for by somebody who waits for the mail; a confirmation can lie over a weekend.
MAILED_TOKEN_LIFE: dict[Purpose, timedelta] = {
    "confirm_email": timedelta(days=3),
    "reset_password": timedelta(hours=1),
}
MAILS_A_DAY = 5
_BETWEEN_MAILS = timedelta(minutes=1)
_DAY = timedelta(days=1)

FREE_TRIES = 5
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
FAILURES_COUNT_FOR = timedelta(days=1)
"""So long after the last wrong password the count begins again."""


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


def mail_wait(sent: Collection[datetime], now: datetime) -> timedelta:
    """How long until another mail for the same purpose may go: one a minute, five a day."""
    recent = sorted(at for at in sent if now - at < _DAY)
    waits = [timedelta(0)]
    if recent:
        waits.append(recent[-1] + _BETWEEN_MAILS - now)
    if len(recent) >= MAILS_A_DAY:
        waits.append(recent[-MAILS_A_DAY] + _DAY - now)
    return max(waits)
