"""When a schedule is in trouble that a person must look at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

LEAST_GRACE = timedelta(minutes=10)
MOST_GRACE = timedelta(hours=1)
LOOKED_AT = 64
"""Times, the last of which is out of grace at any pace."""
STUCK = timedelta(hours=2)
"""No run takes so long; one that does keeps all that come after it from starting."""

Trouble = Literal["did_not_start", "fails", "stuck"]
IN_WORDS: dict[Trouble, str] = {
    "did_not_start": "did not start",
    "fails": "keeps failing",
    "stuck": "does not end",
}


@dataclass(frozen=True)
class Seen:
    """What Dagster knows of a schedule and of its job's runs; None is never.

    `ticked` is when it was last asked and answered, with a run or with a reason to skip;
    `unfinished_since` is when the oldest run that has not ended was made. Somebody has `paused` it.
    """

    name: str
    job: str
    ticked: datetime | None
    succeeded: datetime | None
    failed: datetime | None
    unfinished_since: datetime | None
    paused: bool


@dataclass(frozen=True)
class Late:
    """A schedule in trouble, and since when."""

    seen: Seen
    trouble: Trouble
    since: datetime


def last_due(times: Iterable[datetime], since: datetime, now: datetime) -> datetime | None:
    """The last moment by which a schedule must have run by now, of its `times`, latest first.

    What was due before `since`, when nobody could see it, is due then. A schedule has as long as
    twice its pace to run, within bounds.
    """
    latest = list(islice(times, LOOKED_AT))
    pace = latest[0] - latest[1]
    grace = min(max(2 * pace, LEAST_GRACE), MOST_GRACE)
    return next((time for time in latest if max(time, since) + grace <= now), None)


def trouble(seen: Seen, due: datetime | None, now: datetime) -> Late | None:
    """What is wrong with a schedule that had to run at `due`, if anything is."""
    if seen.paused:
        return None
    unfinished = seen.unfinished_since
    if unfinished is not None and now - unfinished > STUCK:
        return Late(seen, "stuck", unfinished)
    if due is None:
        return None
    if seen.ticked is None or seen.ticked < due:
        return Late(seen, "did_not_start", due)
    fails = seen.failed is not None and (seen.succeeded is None or seen.succeeded < seen.failed)
    if fails and (seen.succeeded is None or seen.succeeded < due):
        return Late(seen, "fails", seen.failed or due)
    return None
