"""When a message that failed is tried again, and when it is held. Pure."""

from datetime import timedelta

MAX_ATTEMPTS = 12
_FIRST = timedelta(seconds=1)
_LONGEST = timedelta(minutes=5)


def next_delay(attempts: int) -> timedelta | None:
    """The wait before the next try after `attempts` failed ones; None means: hold it.

    Doubles from 1 s to 5 min, so that 12 attempts span about half an hour: longer than a
    restart of anything, short enough that a dead letter is seen the same day.
    """
    if attempts >= MAX_ATTEMPTS:
        return None
    doublings = max(attempts - 1, 0)
    return min(_FIRST * (1 << doublings), _LONGEST)
