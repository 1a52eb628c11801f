"""When somebody may ask for a mail again."""

from datetime import UTC, datetime, timedelta

import pytest

from api.customer.accounts.rules import mail_wait

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes_ago", "minutes"),
    [
        ([], 0),
        ([0], 1),
        ([0.5], 0.5),
        ([1], 0),
        ([10, 9, 8, 7], 0),
        ([60, 9, 8, 7, 5], 24 * 60 - 60),
        ([24 * 60, 9, 8, 7, 5], 0),
    ],
)
def test_one_mail_a_minute_and_five_a_day(minutes_ago: list[float], minutes: float) -> None:
    sent = [NOW - timedelta(minutes=ago) for ago in minutes_ago]
    assert mail_wait(sent, NOW) == timedelta(minutes=minutes)
