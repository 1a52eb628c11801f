"""The platform's clock.

Rules never ask for the time, they are given it; this is where it comes from. An
experiment moves the clock of one process with `SQUAD_CLOCK_OFFSET_SECONDS`.
"""

import os
from datetime import UTC, datetime, timedelta
from functools import cache


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC) + _offset()


@cache
def _offset() -> timedelta:
    """Read when it is asked for: this may be loaded before a process has its variables."""
    return timedelta(seconds=float(os.environ.get("SQUAD_CLOCK_OFFSET_SECONDS", "0")))


def with_zone(moment: datetime | None) -> datetime | None:
    """A moment that somebody gave, in UTC; without an offset it is in UTC already."""
    if moment is None:
        return None
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        # Beyond the first or the last day that there is, by the hours of its offset.
        return moment.replace(tzinfo=UTC)
