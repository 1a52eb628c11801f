"""What guards staff accounts, in numbers. Pure."""

from datetime import datetime, timedelta
from typing import Literal

LinkKind = Literal["invitation", "password_reset"]

LINK_LIFE: dict[LinkKind, timedelta] = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=24),
}
"""From the moment the mail is sent."""

WRONG_BEFORE_LOCK = 5
FIRST_LOCK = timedelta(minutes=1)
LONGEST_LOCK = timedelta(hours=1)
FORGET_FAILURES = timedelta(days=1)
"""Wrong passwords that are older than this do not count any more."""


def lock_after(failures: int) -> timedelta | None:
    """How long nobody may try after so many wrong passwords in a row; it doubles each time."""
    beyond = failures - WRONG_BEFORE_LOCK
    if beyond < 0:
        return None
    # Doubling for ever would not fit a timedelta.
    return min(FIRST_LOCK * (1 << min(beyond, 10)), LONGEST_LOCK)


def tokens_end(now: datetime) -> datetime:
    """From when a token must be issued to count, when all earlier ones end `now`.

    Tokens say their time in whole seconds: the next whole second is after all of them.
    """
    return now.replace(microsecond=0) + timedelta(seconds=1)
