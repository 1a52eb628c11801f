"""What a contract owes for a month: pure, from plan, tax rate and days to lines and hashes.

Money is integer cents, rates are millionths (7.25 % = 72500), days are calendar days; a month
is a calendar month of New York. A month is billed when it is over, so every start and
cancellation in it is known: nothing is estimated. A yearly plan is billed for its whole term
in the month in which the term begins. ADR 0030 gives the reasons.

One-off charges and credits are lines beside the plan's; what comes to less than nothing carries
forward as credit, so that no bill is negative (ADR 0038).

How days are cut out of a month or term and how tax is rounded is in `api.kernel.proration`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from api.billing.calendar import ONE_DAY, Period
from api.kernel.proration import share_cents, tax_cents, term_containing

LineKind = Literal["plan", "proration", "charge", "credit", "tax", "carried_forward"]
CARRIED_FORWARD = "Carried forward as credit to your next invoices"


@dataclass(frozen=True, slots=True)
class Plan:
    """A support plan; `price_cents` is per `interval`.

    `former` are the prices before it, each with the day from which it was in force no more.
    """

    code: str
    name: str
    price_cents: int
    currency: str
    interval: Literal["month", "year"]
    former: tuple[tuple[date, int], ...] = ()

    def price_on(self, day: date) -> int:
        """The price in force on a day, in cents."""
        return min((it for it in self.former if it[0] > day), default=(day, self.price_cents))[1]


@dataclass(frozen=True, slots=True)
class OneOff:
    """A charge or credit beside the plan; `amount_cents` is before tax, positive either way."""

    kind: Literal["charge", "credit"]
    description: str
    amount_cents: int
    rate_millionths: int


@dataclass(frozen=True, slots=True)
class Case:
    """What an amount depends on, and nothing else: contracts with the same case share a bill.

    The contract runs from `starts_on` to `ends_on`, the last day included. `rate_millionths` is
    the plan's; the order of `one_offs` does not matter.
    """

    plan: Plan
    rate_millionths: int
    starts_on: date
    ends_on: date | None = None
    one_offs: tuple[OneOff, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """`one_off` says which of the case's one-offs it is, counted from 1."""

    kind: LineKind
    description: str
    amount_cents: int
    one_off: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What one contract owes for one period; the lines, tax included, sum to the total.

    The total is never negative: the line of what carries forward makes it nothing instead.
    """

    period: Period
    currency: str
    lines: tuple[Line, ...]

    @property
    def tax_cents(self) -> int:
        return self._sum("tax")

    @property
    def carried_cents(self) -> int:
        return self._sum("carried_forward")

    @property
    def total_cents(self) -> int:
        return sum(line.amount_cents for line in self.lines)

    @property
    def subtotal_cents(self) -> int:
        return self.total_cents - self.tax_cents - self.carried_cents

    def _sum(self, kind: LineKind) -> int:
        return sum(line.amount_cents for line in self.lines if line.kind == kind)


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill with its debtor: what an approval is about."""

    contract_id: UUID
    customer_id: UUID
    bill: Bill


def rate(case: Case, period: Period) -> Bill | None:
    """The bill of a contract for a month, None when nothing is billed in it.

    A total may be zero: a free plan, or a sum below nothing (the unused rest of a cancelled year,
    a credit over more than the month) that carries forward.
    """
    charge = _monthly(case, period) if case.plan.interval == "month" else _yearly(case, period)
    taxed = [(charge, case.rate_millionths)] if charge else []
    taxed += _one_offs(case.one_offs)
    if not taxed:
        return None
    lines = [line for line, _ in taxed] + _taxes(taxed)
    total = sum(line.amount_cents for line in lines)
    if total < 0:
        lines.append(Line("carried_forward", CARRIED_FORWARD, -total))
    return Bill(period, case.plan.currency, tuple(lines))


def content_hash(bill: Bill) -> bytes:
    """SHA-256 over period, amounts and lines, in a text that SQL can make too.

    See `api/billing/invoices/hashes.py`. The description's length goes before it, so that
    no text in it can pass for another line.
    """
    head = (
        f"{bill.period.first}|{bill.period.last}|{bill.currency}"
        f"|{bill.subtotal_cents}|{bill.tax_cents}|{bill.total_cents}\n"
    )
    body = "".join(
        f"{position}|{line.kind}|{line.amount_cents}|{len(line.description)}|{line.description}\n"
        for position, line in enumerate(bill.lines, start=1)
    )
    return hashlib.sha256((head + body).encode()).digest()


def row_hash(invoice: Invoice) -> bytes:
    """SHA-256 of one invoice: who owes what for which period, to the last line."""
    content = content_hash(invoice.bill).hex()
    text = f"{invoice.contract_id}|{invoice.customer_id}|{content}"
    return hashlib.sha256(text.encode()).digest()


def run_hash(rows: Iterable[tuple[UUID, bytes]]) -> bytes:
    """SHA-256 over the row hashes of a run in the order of their contract ids."""
    whole = hashlib.sha256()
    for _, row in sorted(rows):
        whole.update(row)
    return whole.digest()


def _one_offs(one_offs: Sequence[OneOff]) -> list[tuple[Line, int]]:
    """Lines with their tax rates, charges first, in an order that is the items' own."""
    lines: list[tuple[Line, int]] = []
    for place, it in sorted(enumerate(one_offs, start=1), key=lambda placed: astuple(placed[1])):
        cents = it.amount_cents if it.kind == "charge" else -it.amount_cents
        lines.append((Line(it.kind, it.description, cents, place), it.rate_millionths))
    return lines


def _taxes(taxed: Sequence[tuple[Line, int]]) -> list[Line]:
    """One line a tax rate, on the sum of all that it taxes; none over nothing."""
    sums: dict[int, int] = defaultdict(int)
    for line, rate_millionths in taxed:
        sums[rate_millionths] += line.amount_cents
    taxes = [(it, tax_cents(cents, it)) for it, cents in sorted(sums.items())]
    return [Line("tax", _tax_words(it), cents) for it, cents in taxes if cents]


def _monthly(case: Case, period: Period) -> Line | None:
    first = max(case.starts_on, period.first)
    last = min(case.ends_on or period.last, period.last)
    if first > last:
        return None
    price = case.plan.price_on(first)
    return _share(case.plan.name, price, (period.first, period.last), first, last)


def _yearly(case: Case, period: Period) -> Line | None:
    """The term that begins in this month, or the rest of one that a cancellation here ends.

    A cancellation counts in its own month alone, also when it was known before: what is billed
    must not depend on when a run happened.
    """
    if case.starts_on > period.last:
        return None
    ends_here = case.ends_on if case.ends_on and case.ends_on in period else None
    term = term_containing(case.starts_on, period.last)
    if term[0] in period and (case.ends_on is None or case.ends_on >= term[0]):
        price = case.plan.price_on(term[0])
        return _share(case.plan.name, price, term, term[0], ends_here or term[1])
    if ends_here is None or ends_here < case.starts_on:
        return None
    term = term_containing(case.starts_on, ends_here)
    if ends_here == term[1]:
        return None
    price = case.plan.price_on(term[0])
    unused = _share(case.plan.name, price, term, ends_here + ONE_DAY, term[1])
    return Line("credit", f"Credit: {unused.description}", -unused.amount_cents)


def _share(name: str, price_cents: int, whole: tuple[date, date], first: date, last: date) -> Line:
    amount = share_cents(price_cents, whole, first, last)
    words = f"{name}, {first} to {last}"
    if (first, last) == whole:
        return Line("plan", words, amount)
    part, days = ((end - begin).days + 1 for begin, end in ((first, last), whole))
    return Line("proration", f"{words} ({part} of {days} days)", amount)


def _tax_words(rate_millionths: int) -> str:
    percent = f"{rate_millionths // 10_000}.{rate_millionths % 10_000:04d}".rstrip("0").rstrip(".")
    return f"Sales tax {percent} %"
