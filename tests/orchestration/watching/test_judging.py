"""A schedule that Dagster knows is judged by its cron, in its own time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.watching.assets import judged
from orchestration.watching.reading import Known
from orchestration.watching.rules import Seen

# A night in New York: 05:30 there is 10:30 UTC in winter.
DUE = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
LONG_AGO = DUE - timedelta(days=90)


def known(*, ticked: datetime | None, since: datetime = LONG_AGO) -> Known:
    name = "billing_reconciliation_schedule"
    seen = Seen(name, "billing_reconciliation_job", ticked, ticked, None, None, paused=False)
    return Known(seen, "30 5 * * *", since)


@pytest.mark.parametrize(
    ("minutes", "late"), [(0, False), (59, False), (60, True), (23 * 60, True)]
)
def test_a_night_that_was_missed_is_told_an_hour_later(minutes: int, late: bool) -> None:
    yesterday = DUE - timedelta(days=1)
    found = judged(known(ticked=yesterday), LONG_AGO, DUE + timedelta(minutes=minutes))
    assert (found is not None) == late
    assert found is None or (found.trouble, found.since) == ("did_not_start", DUE)


def test_a_night_that_was_there_is_no_trouble() -> None:
    assert judged(known(ticked=DUE), LONG_AGO, DUE + timedelta(hours=20)) is None


def test_what_was_due_before_the_schedule_was_known_is_never_made_up_for() -> None:
    met = DUE + timedelta(minutes=1)
    assert judged(known(ticked=None, since=met), met, DUE + timedelta(hours=20)) is None
    assert judged(known(ticked=None, since=met), met, DUE + timedelta(hours=25)) is not None
