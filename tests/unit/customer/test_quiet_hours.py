"""When a customer is not to be disturbed."""

from datetime import UTC, datetime, time, timedelta

import pytest

from api.customer.notifications.rules import QuietHours, held_until, quiet_until

NIGHT = QuietHours(time(21), time(8), "America/Chicago")
NOON = QuietHours(time(12), time(13, 30), "America/Chicago")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        # Chicago is six hours behind in winter, five in summer.
        (NIGHT, "2026-01-15 02:59", None),
        (NIGHT, "2026-01-15 03:00", "2026-01-15 14:00"),
        (NIGHT, "2026-01-15 08:00", "2026-01-15 14:00"),
        (NIGHT, "2026-01-15 13:59", "2026-01-15 14:00"),
        (NIGHT, "2026-01-15 14:00", None),
        (NIGHT, "2026-07-15 02:00", "2026-07-15 13:00"),
        # The clock goes forward in the night of March 8 and back in that of November 1, 2026.
        (NIGHT, "2026-03-08 04:00", "2026-03-08 13:00"),
        (NIGHT, "2026-11-01 04:00", "2026-11-01 14:00"),
        (NOON, "2026-01-15 17:59", None),
        (NOON, "2026-01-15 18:00", "2026-01-15 19:30"),
        (NOON, "2026-01-15 19:30", None),
    ],
)
def test_quiet_hours_are_those_of_the_customers_clock(
    quiet: QuietHours, now: str, until: str | None
) -> None:
    assert quiet_until(quiet, at(now)) == (at(until) if until else None)


NIGHTFALL, MORNING = at("2026-01-15 04:00"), at("2026-01-15 14:00")


@pytest.mark.parametrize(
    ("kind", "hours_after_the_quiet", "waits"),
    [
        ("survey_invitation", None, True),
        ("invoice_paid", None, True),
        ("payment_declined", None, True),
        ("reset_password", None, False),
        ("confirm_email", None, False),
        ("expert_arriving", -1, False),
        ("expert_arriving", 1.9, False),
        ("expert_arriving", 2, True),
        ("visit_off", 1, False),
        ("visit_off", 50, True),
    ],
)
def test_only_what_cannot_wait_is_sent_in_quiet_hours(
    kind: str, hours_after_the_quiet: float | None, waits: bool
) -> None:
    after = hours_after_the_quiet
    visit = None if after is None else MORNING + timedelta(hours=after)
    assert held_until(NIGHT, kind, visit, NIGHTFALL) == (MORNING if waits else None)
    assert held_until(NIGHT, kind, visit, MORNING) is None
