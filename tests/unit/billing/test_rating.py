"""What must hold for every bill, whatever the plan, the state and the days."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.billing.calendar import Period
from api.kernel.proration import prorated_cents, tax_cents, term_containing
from orchestration.billing.rating import (
    Bill,
    Case,
    Invoice,
    Line,
    OneOff,
    Plan,
    content_hash,
    rate,
    row_hash,
    run_hash,
)

prices = st.integers(0, 1_000_000)
rates = st.integers(0, 150_000)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
plans = st.builds(
    Plan,
    code=st.just("P"),
    name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20),
    price_cents=prices,
    currency=st.just("USD"),
    interval=st.sampled_from(["month", "year"]),
)
cases = st.builds(
    Case,
    plan=plans,
    rate_millionths=rates,
    starts_on=days,
    ends_on=st.none() | days,
)
one_offs = st.lists(
    st.builds(
        OneOff,
        kind=st.sampled_from(["charge", "credit"]),
        description=st.sampled_from(["A part", "Goodwill"]),
        amount_cents=st.integers(1, 1_000_000),
        rate_millionths=st.sampled_from([0, 60_000, 72_500]),
    ),
    max_size=6,
).map(tuple)
cases_with_one_offs = st.builds(lambda case, those: replace(case, one_offs=those), cases, one_offs)
periods = days.map(Period.containing)
ids = st.uuids()


def all_periods(first: date, last: date) -> list[Period]:
    found = [Period.containing(first)]
    while found[-1].last < last:
        found.append(found[-1].next)
    return found


def subtotal(bill: Bill | None) -> int:
    return bill.subtotal_cents if bill else 0


@given(prices, st.integers(1, 366), st.data())
def test_however_a_price_is_cut_into_days_its_parts_sum_to_it(
    price: int, length: int, data: st.DataObject
) -> None:
    cuts = data.draw(st.sets(st.integers(1, length), max_size=8)) | {0, length}
    edges = sorted(cuts)
    parts = [prorated_cents(price, length, begin + 1, end) for begin, end in pairwise(edges)]
    assert sum(parts) == price
    assert all(part >= 0 for part in parts)


@given(cases, st.integers(0, 400))
def test_two_contracts_in_a_row_cost_what_one_costs(case: Case, after: int) -> None:
    plan = replace(case.plan, interval="month")
    whole = replace(case, plan=plan, ends_on=case.starts_on + timedelta(days=500))
    change = case.starts_on + timedelta(days=after)
    before = replace(whole, ends_on=change)
    since = replace(whole, starts_on=change + timedelta(days=1))
    for period in all_periods(whole.starts_on, whole.ends_on or whole.starts_on):
        parts = subtotal(rate(before, period)) + subtotal(rate(since, period))
        assert parts == subtotal(rate(whole, period))


@given(cases, st.integers(0, 800))
def test_a_cancelled_year_costs_in_all_the_days_that_were_used(case: Case, used: int) -> None:
    plan = replace(case.plan, interval="year")
    ends_on = case.starts_on + timedelta(days=used)
    cancelled = replace(case, plan=plan, ends_on=ends_on)
    billed = sum(subtotal(rate(cancelled, p)) for p in all_periods(case.starts_on, ends_on))
    term = term_containing(case.starts_on, ends_on)
    full_terms = term[0].year - case.starts_on.year
    length = (term[1] - term[0]).days + 1
    last_part = prorated_cents(plan.price_cents, length, 1, (ends_on - term[0]).days + 1)
    assert billed == full_terms * plan.price_cents + last_part


@given(cases_with_one_offs, periods)
def test_a_bill_is_the_sum_of_its_lines_and_never_negative(case: Case, period: Period) -> None:
    bill = rate(case, period)
    if bill is None:
        assert not case.one_offs
        return
    assert bill.total_cents == sum(line.amount_cents for line in bill.lines)
    due = bill.subtotal_cents + bill.tax_cents
    assert (bill.total_cents, bill.carried_cents) == (max(due, 0), max(-due, 0))
    assert sorted(line.one_off for line in bill.lines if line.one_off) == list(
        range(1, len(case.one_offs) + 1)
    )


@given(cases_with_one_offs, periods)
def test_one_offs_add_to_what_the_plan_costs_and_are_taxed_by_their_own_rates(
    case: Case, period: Period
) -> None:
    bill, plain = rate(case, period), rate(replace(case, one_offs=()), period)
    extra = dict.fromkeys(
        (case.rate_millionths, *(one.rate_millionths for one in case.one_offs)), 0
    )
    for it in case.one_offs:
        extra[it.rate_millionths] += it.amount_cents if it.kind == "charge" else -it.amount_cents
    assert subtotal(bill) == subtotal(plain) + sum(extra.values())
    extra[case.rate_millionths] += subtotal(plain)
    taxes = sum(tax_cents(cents, it) for it, cents in extra.items())
    assert (bill.tax_cents if bill else 0) == taxes


@given(cases_with_one_offs, periods, st.randoms())
def test_the_order_of_one_offs_does_not_matter(case: Case, period: Period, random: Random) -> None:
    bill = rate(case, period)
    shuffled = tuple(sorted(case.one_offs, key=lambda _: random.random()))
    other = rate(replace(case, one_offs=shuffled), period)
    if bill is None or other is None:
        assert bill is other
        return
    assert content_hash(bill) == content_hash(other)
    for line in other.lines:
        if line.one_off:
            assert line.description == shuffled[line.one_off - 1].description
            assert abs(line.amount_cents) == shuffled[line.one_off - 1].amount_cents


@given(cases, periods)
def test_without_one_offs_the_tax_is_the_rate_of_the_subtotal(case: Case, period: Period) -> None:
    bill = rate(case, period)
    if bill is None:
        return
    exact = bill.subtotal_cents * case.rate_millionths
    assert abs(bill.tax_cents * 1_000_000 - exact) * 2 <= 1_000_000


@given(cases, periods)
def test_a_month_of_a_monthly_plan_never_costs_more_than_its_price_nor_less_than_nothing(
    case: Case, period: Period
) -> None:
    monthly = replace(case, plan=replace(case.plan, interval="month"))
    assert 0 <= subtotal(rate(monthly, period)) <= case.plan.price_cents


@given(cases, periods)
def test_only_the_days_inside_the_month_matter_to_a_monthly_plan(
    case: Case, period: Period
) -> None:
    monthly = replace(case, plan=replace(case.plan, interval="month"))
    ends_in = monthly.ends_on if monthly.ends_on and monthly.ends_on < period.last else None
    clipped = replace(monthly, starts_on=max(monthly.starts_on, period.first), ends_on=ends_in)
    assert rate(clipped, period) == rate(monthly, period)


@given(prices, rates)
def test_a_credit_gives_back_the_tax_that_was_taken(amount: int, rate_millionths: int) -> None:
    assert tax_cents(-amount, rate_millionths) == -tax_cents(amount, rate_millionths)


@given(cases, periods, ids, ids)
def test_the_same_invoice_has_the_same_hash_and_any_other_amount_another(
    case: Case, period: Period, contract: UUID, customer: UUID
) -> None:
    bill = rate(case, period)
    if bill is None:
        return
    invoice = Invoice(contract, customer, bill)
    assert row_hash(invoice) == row_hash(Invoice(contract, customer, replace(bill)))
    first = replace(bill.lines[0], amount_cents=bill.lines[0].amount_cents + 1)
    changed = replace(bill, lines=(first, *bill.lines[1:]))
    assert row_hash(replace(invoice, bill=changed)) != row_hash(invoice)


def test_no_description_can_pass_for_another_line() -> None:
    october = Period(date(2026, 10, 1))
    two = Bill(october, "USD", (Line("plan", "A", 5), Line("plan", "B", 0)))
    one = Bill(october, "USD", (Line("plan", "A\n2|plan|0|1|B", 5),))
    somebody = UUID(int=1)
    assert row_hash(Invoice(somebody, somebody, two)) != row_hash(Invoice(somebody, somebody, one))


@given(st.dictionaries(ids, st.binary(min_size=32, max_size=32)), st.randoms())
def test_the_hash_of_a_run_does_not_depend_on_the_order_of_its_rows(
    rows: dict[UUID, bytes], random: Random
) -> None:
    shuffled = sorted(rows.items(), key=lambda _: random.random())
    assert run_hash(shuffled) == run_hash(rows.items())


def test_a_month_is_over_when_it_is_over_in_new_york() -> None:
    october = Period(date(2026, 10, 1))
    assert not october.is_over(datetime(2026, 11, 1, 3, 59, tzinfo=UTC))
    assert october.is_over(datetime(2026, 11, 1, 4, 0, tzinfo=UTC))
    assert Period.last_complete(datetime(2026, 11, 1, 4, 0, tzinfo=UTC)) == october


def test_a_period_that_does_not_begin_a_month_is_refused() -> None:
    with pytest.raises(ValueError, match="first of a month"):
        Period(date(2026, 10, 2))
