"""Contracts count days as billing does: in New York."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from api.customer.contracts.rules import contract_day, last_day

LATE_IN_AUSTIN = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)


def test_a_contract_day_is_a_new_york_day() -> None:
    assert contract_day(LATE_IN_AUSTIN) == date(2026, 11, 1)
    assert contract_day(datetime(2026, 11, 1, 3, 59, tzinfo=UTC)) == date(2026, 10, 31)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_a_contract_never_ends_before_it_begins(starts_on: date) -> None:
    assert last_day(starts_on=starts_on, now=LATE_IN_AUSTIN) >= starts_on
