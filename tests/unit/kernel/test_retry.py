"""When a message is tried again."""

from datetime import timedelta
from itertools import pairwise

from api.kernel.retry import MAX_ATTEMPTS, next_delay


def test_waits_grow_to_five_minutes_and_then_the_message_is_held() -> None:
    waits = [next_delay(attempts) for attempts in range(1, MAX_ATTEMPTS)]
    known = [wait for wait in waits if wait is not None]
    assert len(known) == len(waits)
    assert known[0] == timedelta(seconds=1)
    assert all(a <= b for a, b in pairwise(known))
    assert known[-1] == timedelta(minutes=5)
    assert timedelta(minutes=10) < sum(known, timedelta()) < timedelta(hours=1)
    assert next_delay(MAX_ATTEMPTS) is None
