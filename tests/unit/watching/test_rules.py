"""When a schedule is in trouble."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from orchestration.watching.rules import STUCK, Seen, last_due, trouble

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=300)


def minutes(number: float) -> datetime:
    """A moment so long before now."""
    return NOW - timedelta(minutes=number)


def seen(**facts: object) -> Seen:
    """A schedule that is well at any time, but for what is said."""
    well = {
        "name": "it", "job": "job", "ticked": NOW, "succeeded": NOW, "failed": None,
        "unfinished_since": None, "paused": False,
    }  # fmt: skip
    return Seen(**{**well, **facts})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pace", "due"),
    [
        (1, 10),  # every minute: ten minutes of grace
        (5, 10),
        (15, 30),  # every quarter of an hour: twice that
        (60, 60),
        (1440, 1440),  # every night: an hour at most
    ],
)
def test_a_schedule_has_twice_its_pace_to_run_within_bounds(pace: int, due: int) -> None:
    times = (minutes(pace * number) for number in count(0))
    assert last_due(times, LONG_AGO, NOW) == minutes(due)


def test_what_was_due_before_somebody_looked_is_due_from_then_on() -> None:
    nightly = [minutes(120), minutes(120 + 1440)]
    assert last_due(nightly, minutes(59), NOW) is None
    assert last_due(nightly, minutes(60), NOW) == minutes(120)


def test_nothing_is_due_of_what_has_hardly_begun() -> None:
    times = (minutes(5 * number) for number in count(0))
    assert last_due(times, NOW, NOW) is None


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, None),
        ({"ticked": minutes(9)}, None),
        ({"ticked": minutes(11)}, ("did_not_start", minutes(10))),
        ({"ticked": None}, ("did_not_start", minutes(10))),
        # One failure is told by the run itself; here it is a job that does not get through.
        ({"succeeded": minutes(9), "failed": minutes(1)}, None),
        ({"succeeded": minutes(11), "failed": minutes(1)}, ("fails", minutes(1))),
        ({"succeeded": None, "failed": minutes(1)}, ("fails", minutes(1))),
        ({"succeeded": minutes(1), "failed": minutes(2)}, None),
        # Nothing to do for a month: it was asked, and had a reason to skip.
        ({"succeeded": minutes(40_000)}, None),
        ({"unfinished_since": NOW - STUCK}, None),
        ({"unfinished_since": NOW - STUCK - timedelta(seconds=1)}, ("stuck", None)),
        ({"ticked": None, "paused": True}, None),
    ],
)
def test_trouble_is_told_with_its_beginning(
    facts: dict[str, object], found: tuple[str, datetime | None] | None
) -> None:
    late = trouble(seen(**facts), minutes(10), NOW)
    if found is None:
        assert late is None
    else:
        assert late is not None
        since = found[1] or facts["unfinished_since"]
        assert (late.trouble, late.since) == (found[0], since)


def test_what_was_not_due_yet_did_not_fail_to_start() -> None:
    assert trouble(seen(ticked=None, succeeded=None), None, NOW) is None
