"""How long the platform remembers which messages it has received. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

KEEP = timedelta(days=30)
SKEW = timedelta(hours=1)
"""More than the clocks of two database servers differ, and than any transaction lasts."""


def forget_before(now: datetime, oldest_messages: Iterable[datetime | None]) -> datetime:
    """The moment before which a received message's id is not needed any more.

    `oldest_messages` are the oldest in each queue to this database, None for an empty one. A
    message is received after it was sent, and can come again while it is in its queue: a dead
    letter may be replayed after months, and must then find its id if it ever had its effect.
    """
    still_there = [sent for sent in oldest_messages if sent is not None]
    return min([now - KEEP, *(sent - SKEW for sent in still_there)])
