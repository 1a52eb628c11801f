"""How long tokens last, and when somebody may ask for a mail again. Pure."""

from collections.abc import Collection
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
MAILED_TOKENS_COUNT_FOR = timedelta(days=1)
"""How long an expired token is still needed to count the mails of the day."""
_BETWEEN_MAILS = timedelta(minutes=1)
_DAY = timedelta(days=1)


def mail_wait(sent: Collection[datetime], now: datetime) -> timedelta:
    """How long until another mail for the same purpose may go: one a minute, five a day."""
    recent = sorted(at for at in sent if now - at < _DAY)
    waits = [timedelta(0)]
    if recent:
        waits.append(recent[-1] + _BETWEEN_MAILS - now)
    if len(recent) >= MAILS_A_DAY:
        waits.append(recent[-MAILS_A_DAY] + _DAY - now)
    return max(waits)
