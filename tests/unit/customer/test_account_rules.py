"""How long tokens last, and when somebody may try a password again."""

from datetime import UTC, datetime, timedelta

import pytest

from api.customer.accounts.rules import (
    TokenState,
    failures_before,
    mail_wait,
    refreshing,
    wait_left,
)

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (13, 3600), (10**6, 3600)],
)
def test_each_wrong_password_after_the_fifth_doubles_the_wait_to_an_hour(
    failures: int, seconds: int
) -> None:
    assert wait_left(failures, NOW, NOW) == timedelta(seconds=seconds)


def test_the_wait_ends() -> None:
    assert wait_left(5, NOW - 29 * SECOND, NOW) == SECOND
    assert wait_left(5, NOW - 30 * SECOND, NOW) <= timedelta(0)


@pytest.mark.parametrize(("hours", "counted"), [(0, 7), (23.9, 7), (24, 0), (500, 0)])
def test_wrong_passwords_count_for_a_day(hours: float, counted: int) -> None:
    assert failures_before(7, NOW - timedelta(hours=hours), NOW) == counted


@pytest.mark.parametrize(
    ("expires_in", "used", "revoked", "verdict"),
    [
        (1, False, False, "rotate"),
        (0, False, False, "refuse"),
        (1, True, False, "stolen"),
        (0, True, False, "stolen"),
        (1, False, True, "refuse"),
        (1, True, True, "refuse"),
    ],
)
def test_a_refresh_token_is_good_once_and_a_second_time_means_two_hands(
    expires_in: int, used: bool, revoked: bool, verdict: str
) -> None:
    state = TokenState(
        expires_at=NOW + expires_in * SECOND,
        used_at=NOW - SECOND if used else None,
        revoked_at=NOW - SECOND if revoked else None,
    )
    assert refreshing(state, NOW) == verdict


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
