"""Money cut into days and taxed, to the cent: the same arithmetic wherever an amount is told.

Amounts are integer cents, rates are millionths (7.25 % = 72500). Parts are cut by cumulative
rounding: with C(k) = price * k / days, rounded half up, the days i to j cost C(j) - C(i - 1), so
any cut sums to its price. ADR 0030 gives the reasons.
"""

from datetime import date, timedelta

MILLION = 1_000_000
ONE_DAY = timedelta(days=1)


def prorated_cents(price_cents: int, days: int, first: int, last: int) -> int:
    """What days `first` to `last` (counted from 1, both included) of `days` cost."""
    return _rounded(price_cents * last, days) - _rounded(price_cents * (first - 1), days)


def tax_cents(subtotal_cents: int, rate_millionths: int) -> int:
    """Tax on a subtotal, half away from zero; of a credit as much is given back as was taken."""
    tax = _rounded(abs(subtotal_cents) * rate_millionths, MILLION)
    return tax if subtotal_cents >= 0 else -tax


def share_cents(price_cents: int, whole: tuple[date, date], first: date, last: date) -> int:
    """What the days from `first` to `last` cost of a span of days; all four are included."""
    days = (whole[1] - whole[0]).days + 1
    return prorated_cents(
        price_cents, days, (first - whole[0]).days + 1, (last - whole[0]).days + 1
    )


def term_containing(starts_on: date, day: date) -> tuple[date, date]:
    """First and last day of the yearly term that `day` (not before `starts_on`) is in."""
    years = day.year - starts_on.year
    if _anniversary(starts_on, years) > day:
        years -= 1
    return _anniversary(starts_on, years), _anniversary(starts_on, years + 1) - ONE_DAY


def _anniversary(starts_on: date, years: int) -> date:
    """The same day `years` later; 29 February becomes the 28th where there is none."""
    try:
        return starts_on.replace(year=starts_on.year + years)
    except ValueError:
        return starts_on.replace(year=starts_on.year + years, day=28)


def _rounded(numerator: int, denominator: int) -> int:
    """Half up, for a numerator that is not negative."""
    return (2 * numerator + denominator) // (2 * denominator)
