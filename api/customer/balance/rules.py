"""What a contract will cost, until when it is paid, and which card is charged. Pure.

The arithmetic is billing's own (`api.kernel.proration`, ADR 0030), and a test holds every amount
against the bill that billing would write. It is an estimate all the same: prices, tax rates and
contracts can change until the month is billed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from api.customer.contracts.rules import CONTRACT_ZONE
from api.kernel.proration import ONE_DAY, share_cents, tax_cents, term_containing

BILLED_AT = time(6)
"""When a month is billed, on the first day of the next one, in New York."""
MONTHS_AHEAD = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed; the last day is included. Without a known tax rate nothing is added."""

    price_cents: int
    interval: Literal["month", "year"]
    tax_rate_millionths: int | None
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """Cents of one bill; negative for the credit of a cancelled year."""

    subtotal: int
    tax: int

    @property
    def total(self) -> int:
        return self.subtotal + self.tax


@dataclass(frozen=True, slots=True)
class Charge:
    """A bill to come: on which day it is charged, and for which month (its first day)."""

    on: date
    month: date
    cost: Cost


@dataclass(frozen=True, slots=True)
class Change:
    """A change of plan: the last day of the old one, the first of the new one, and this month's
    bills of both; None where there is none.
    """

    last_day: date
    effective_on: date
    charged_on: date
    old: Cost | None
    new: Cost | None


@dataclass(frozen=True, slots=True)
class Billed:
    """A statement's month, and whether it is still to pay."""

    first: date
    last: date
    owed: bool


@dataclass(frozen=True, slots=True)
class CardOnFile:
    """A stored card; `added_at` orders them."""

    id: UUID
    exp_year: int
    exp_month: int
    added_at: datetime


def next_month(day: date) -> date:
    """The first day of the month after the one that `day` is in."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def open_month(now: datetime) -> date:
    """The first day of the month that is billed next."""
    local = now.astimezone(CONTRACT_ZONE)
    this = local.date().replace(day=1)
    if local.date() == this and local.time() < BILLED_AT:
        return (this - ONE_DAY).replace(day=1)
    return this


def cost(terms: Terms, month: date) -> Cost | None:
    """The bill of a month, given by its first day; None when nothing is billed in it."""
    last = next_month(month) - ONE_DAY
    subtotal = _monthly(terms, month, last)
    if terms.interval == "year":
        subtotal = _yearly(terms, month, last)
    if subtotal is None:
        return None
    return Cost(subtotal, tax_cents(subtotal, terms.tax_rate_millionths or 0))


def next_charge(terms: Terms, now: datetime) -> Charge | None:
    """The next bill that is not yet written; None when there will be none."""
    month = open_month(now)
    for _ in range(MONTHS_AHEAD):
        if (found := cost(terms, month)) is not None:
            return Charge(next_month(month), month, found)
        month = next_month(month)
    return None


def change(old: Terms, new: Terms, now: datetime) -> Change:
    """What a change of plan does now; `new` has the price, its first day is decided here.

    The new plan begins today. On the first of a month the month that ended yesterday may be
    billed already, and with it the whole year of a yearly plan: that one ends today, and the new
    one begins tomorrow. One that is to begin tomorrow for that reason never does: its place is
    taken tomorrow, for today belongs to the plan before it.
    """
    today = now.astimezone(CONTRACT_ZONE).date()
    effective_on = today + ONE_DAY if old.interval == "year" and today.day == 1 else today
    effective_on = max(effective_on, old.starts_on)
    last_day = effective_on - ONE_DAY
    month = effective_on.replace(day=1)
    return Change(
        last_day,
        effective_on,
        next_month(month),
        cost(replace(old, ends_on=last_day), month),
        cost(replace(new, starts_on=effective_on, ends_on=None), month),
    )


def paid_until(terms: Terms, billed: Iterable[Billed]) -> date | None:
    """The last day up to which everything that was billed is settled; None before the first bill.

    A bill of a yearly plan is for the whole term that begins in its month.
    """
    spans = [_span(terms, one) for one in billed]
    owed = [first for first, _, is_owed in spans if is_owed]
    settled = [last for _, last, is_owed in spans if not is_owed]
    until = min(owed) - ONE_DAY if owed else max(settled, default=None)
    if until is None or until < terms.starts_on:
        return None
    return min(until, terms.ends_on) if terms.ends_on else until


def charged_card(
    cards: Iterable[CardOnFile], chosen_id: UUID | None, today: date
) -> CardOnFile | None:
    """The card that billing charges: the chosen one, else the newest; one that has expired only
    when all have.
    """

    def order(card: CardOnFile) -> tuple[bool, bool, datetime]:
        good = (card.exp_year, card.exp_month) >= (today.year, today.month)
        return good, card.id == chosen_id, card.added_at

    return max(cards, key=order, default=None)


def _span(terms: Terms, one: Billed) -> tuple[date, date, bool]:
    if terms.interval == "month":
        return max(one.first, terms.starts_on), one.last, one.owed
    first, last = term_containing(terms.starts_on, max(one.last, terms.starts_on))
    return first, last, one.owed


def _monthly(terms: Terms, month: date, last: date) -> int | None:
    begin, end = max(terms.starts_on, month), min(terms.ends_on or last, last)
    return share_cents(terms.price_cents, (month, last), begin, end) if begin <= end else None


def _yearly(terms: Terms, month: date, last: date) -> int | None:
    """The term that begins in the month, or the credit of one that ends in it too early."""
    if terms.starts_on > last:
        return None
    ends_here = terms.ends_on if terms.ends_on and month <= terms.ends_on <= last else None
    term = term_containing(terms.starts_on, last)
    if month <= term[0] and (terms.ends_on is None or terms.ends_on >= term[0]):
        return share_cents(terms.price_cents, term, term[0], ends_here or term[1])
    if ends_here is None or ends_here < terms.starts_on:
        return None
    term = term_containing(terms.starts_on, ends_here)
    if ends_here == term[1]:
        return None
    return -share_cents(terms.price_cents, term, ends_here + ONE_DAY, term[1])


def whole(terms: Terms) -> Cost:
    """A whole month or year, with its tax."""
    tax = tax_cents(terms.price_cents, terms.tax_rate_millionths or 0)
    return Cost(terms.price_cents, tax)
