"""When a customer is reminded of a visit, and what is not told any more."""

from datetime import UTC, datetime, timedelta

import pytest

from api.customer.notifications.rules import Claim, is_overtaken, is_reminded

VISIT = datetime(2026, 3, 3, 16, tzinfo=UTC)
END = VISIT + timedelta(hours=2)


def before(hours: float) -> datetime:
    return VISIT - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("accepted", "now", "reminded"),
    [
        (72, 24, True),
        (72, 24.01, False),
        (72, 10, True),
        (72, 2, True),
        (72, 1.99, False),
        (36, 24, True),
        (35.99, 24, False),
        (35.99, 10, False),
        (3, 2.5, False),
    ],
)
def test_a_visit_is_reminded_of_the_day_before_unless_it_was_just_accepted(
    accepted: float, now: float, reminded: bool
) -> None:
    assert is_reminded(VISIT, before(accepted), before(now)) is reminded


@pytest.mark.parametrize(
    ("kind", "promised", "hours_before", "overtaken"),
    [
        ("expert_arriving", VISIT, 5, False),
        ("expert_arriving", VISIT, -1, False),
        ("expert_arriving", VISIT, -2, True),
        ("expert_arriving", None, 5, True),
        ("expert_arriving", VISIT + timedelta(days=1), 5, True),
        ("visit_off", None, 5, False),
        ("visit_off", None, -2, True),
        ("visit_reminder", VISIT, 5, False),
        ("visit_reminder", VISIT, 0, True),
        ("visit_reminder", None, 5, True),
    ],
)
def test_what_is_said_of_a_visit_is_said_while_it_is_true_and_of_use(
    kind: str, promised: datetime | None, hours_before: float, overtaken: bool
) -> None:
    claim = Claim(kind, VISIT, END)
    assert is_overtaken(claim, promised, before(hours_before)) is overtaken


@pytest.mark.parametrize(("hours_left", "overtaken"), [(1, False), (0, True), (-100, True)])
def test_a_code_that_is_good_for_nothing_is_not_sent(hours_left: float, overtaken: bool) -> None:
    claim = Claim("reset_password", open_until=VISIT)
    assert is_overtaken(claim, None, before(hours_left)) is overtaken


def test_a_receipt_is_told_however_late() -> None:
    assert is_overtaken(Claim("invoice_paid"), None, VISIT + timedelta(days=400)) is False
