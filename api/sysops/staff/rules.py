"""How long what opens a staff account lasts. Pure."""

from datetime import datetime, timedelta
from typing import Literal

LinkKind = Literal["invitation", "password_reset"]

LINK_LIFE: dict[LinkKind, timedelta] = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=24),
}
"""From the moment the mail is sent."""

REFRESH_TOKEN_LIFE = timedelta(hours=12)
"""A working day: who did not come back within it signs in again."""


def tokens_end(now: datetime, ended_before: datetime | None) -> datetime:
    """From when a token must be issued to count, when all earlier ones end `now`.

    Tokens say their time in whole seconds: the next whole second is after all of them. Tokens
    given since all were `ended_before` say that moment, which may still be ahead: they end, too.
    """
    after = now if ended_before is None else max(now, ended_before)
    return after.replace(microsecond=0) + timedelta(seconds=1)
