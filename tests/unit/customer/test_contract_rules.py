"""Contracts count days as billing does: in New York."""

from datetime import UTC, date, datetime

from api.customer.contracts.rules import contract_day

LATE_IN_AUSTIN = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)


def test_a_contract_day_is_a_new_york_day() -> None:
    assert contract_day(LATE_IN_AUSTIN) == date(2026, 11, 1)
    assert contract_day(datetime(2026, 11, 1, 3, 59, tzinfo=UTC)) == date(2026, 10, 31)
