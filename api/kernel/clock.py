"""The platform's clock.

Rules never ask for the time, they are given it; this is where it comes from. An
experiment moves the clock of one process with `SQUAD_CLOCK_OFFSET_SECONDS`.
"""

import os
from datetime import UTC, datetime, timedelta

_OFFSET = timedelta(seconds=float(os.environ.get("SQUAD_CLOCK_OFFSET_SECONDS", "0")))


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC) + _OFFSET
