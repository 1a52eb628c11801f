"""What customers are told that something will cost is what billing will bill."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.billing.calendar import Period
from api.customer.balance.rules import (
    Billed,
    CardOnFile,
    Terms,
    change,
    charged_card,
    cost,
    next_charge,
    open_month,
    paid_until,
)
from orchestration.billing.rating import Case, Plan, rate

days = st.dates(date(2020, 1, 1), date(2029, 12, 31))
terms = st.builds(
    Terms,
    price_cents=st.integers(0, 100_000),
    interval=st.sampled_from(["month", "year"]),
    tax_rate_millionths=st.integers(0, 150_000),
    starts_on=days,
    ends_on=st.none() | days,
)


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 17, tzinfo=UTC)


def bill(it: Terms, period: Period) -> tuple[int, int] | None:
    """As billing rates it."""
    plan = Plan("P", "Plan", it.price_cents, "USD", it.interval)
    rated = rate(Case(plan, it.tax_rate_millionths or 0, it.starts_on, it.ends_on), period)
    return (rated.subtotal_cents, rated.tax_cents) if rated else None


@given(terms, st.integers(-3, 30))
def test_an_estimate_is_the_bill_to_the_cent(it: Terms, months: int) -> None:
    period = Period.containing(it.starts_on + timedelta(days=30 * months))
    found = cost(it, period.first)
    assert (found and (found.subtotal, found.tax)) == bill(it, period)


@given(terms, st.integers(1, 100_000), st.integers(-1, 800))
def test_a_change_of_plan_costs_what_the_bills_of_both_contracts_will_say(
    it: Terms, price: int, after: int
) -> None:
    old = Terms(
        price_cents=it.price_cents,
        interval=it.interval,
        tax_rate_millionths=it.tax_rate_millionths,
        starts_on=it.starts_on,
    )
    day = it.starts_on + timedelta(days=after)
    new = Terms(
        price_cents=price,
        interval="month",
        tax_rate_millionths=it.tax_rate_millionths,
        starts_on=day,
    )
    done = change(old, new, noon(day.year, day.month, day.day))
    assert done.effective_on - done.last_day == timedelta(days=1)
    assert done.effective_on - day <= timedelta(days=1)
    assert done.effective_on >= old.starts_on
    month = Period.containing(done.effective_on)
    ended = Terms(
        price_cents=old.price_cents,
        interval=old.interval,
        tax_rate_millionths=old.tax_rate_millionths,
        starts_on=old.starts_on,
        ends_on=done.last_day,
    )
    begun = Terms(
        price_cents=price,
        interval="month",
        tax_rate_millionths=old.tax_rate_millionths,
        starts_on=done.effective_on,
    )
    assert (done.old and (done.old.subtotal, done.old.tax)) == bill(ended, month)
    assert (done.new and (done.new.subtotal, done.new.tax)) == bill(begun, month)
    # No month that may be billed already is changed by it.
    if old.interval == "year":
        assert Period.containing(done.last_day) == Period.containing(day)


MONTHLY = Terms(
    price_cents=3000,
    interval="month",
    tax_rate_millionths=60_000,
    starts_on=date(2026, 11, 17),
)
YEARLY = Terms(
    price_cents=36500, interval="year", tax_rate_millionths=None, starts_on=date(2026, 11, 17)
)


@pytest.mark.parametrize(
    ("it", "now", "on", "total"),
    [
        (MONTHLY, noon(2026, 11, 20), date(2026, 12, 1), 1484),
        (MONTHLY, noon(2026, 12, 1), date(2027, 1, 1), 3180),
        (YEARLY, noon(2026, 11, 20), date(2026, 12, 1), 36500),
        (YEARLY, noon(2026, 12, 1), date(2027, 12, 1), 36500),
    ],
)
def test_the_next_charge_is_on_the_first_after_the_month(
    it: Terms, now: datetime, on: date, total: int
) -> None:
    found = next_charge(it, now)
    assert found is not None
    assert (found.on, found.cost.total) == (on, total)


def test_on_the_first_the_month_before_is_open_until_six_in_new_york() -> None:
    assert open_month(datetime(2026, 12, 1, 10, 59, tzinfo=UTC)) == date(2026, 11, 1)
    assert open_month(datetime(2026, 12, 1, 11, 0, tzinfo=UTC)) == date(2026, 12, 1)


def test_a_contract_that_has_ended_and_is_billed_has_no_next_charge() -> None:
    ended = Terms(
        price_cents=3000,
        interval="month",
        tax_rate_millionths=0,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 10, 31),
    )
    assert next_charge(ended, noon(2026, 11, 20)) is None


def month(number: int, *, owed: bool = False) -> Billed:
    period = Period(date(2026, number, 1))
    return Billed(period.first, period.last, owed)


@pytest.mark.parametrize(
    ("starts_on", "billed", "until"),
    [
        (date(2026, 1, 10), [], None),
        (date(2026, 1, 10), [month(1), month(2)], date(2026, 2, 28)),
        (date(2026, 1, 10), [month(1), month(2, owed=True), month(3)], date(2026, 1, 31)),
        (date(2026, 1, 10), [month(1, owed=True)], None),
    ],
)
def test_paid_until_is_the_day_before_the_first_thing_owed(
    starts_on: date, billed: list[Any], until: date | None
) -> None:
    it = Terms(price_cents=3000, interval="month", tax_rate_millionths=0, starts_on=starts_on)
    assert paid_until(it, billed) == until


def test_a_year_is_paid_until_its_term_ends() -> None:
    assert paid_until(YEARLY, [month(11)]) == date(2027, 11, 16)


def card(number: int, year: int) -> CardOnFile:
    return CardOnFile(UUID(int=number), year, 12, noon(2026, 1, number))


def test_the_chosen_card_is_charged_unless_it_has_expired() -> None:
    old, chosen, newest = card(1, 2020), card(2, 2030), card(3, 2030)
    today = date(2026, 6, 1)
    assert charged_card([old, chosen, newest], chosen.id, today) == chosen
    assert charged_card([old, chosen, newest], None, today) == newest
    assert charged_card([old, newest], old.id, today) == newest
    assert charged_card([old], None, today) == old
    assert charged_card([], None, today) is None
