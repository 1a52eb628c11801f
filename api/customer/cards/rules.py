"""What can be told of a card from its number and its month. Pure.

Numbers come as digits; nothing here keeps, prints or raises with one.
"""

from datetime import date

from api.kernel.errors import FieldError

# Issuer ranges (ISO/IEC 7812-1) of the networks that work in the United States; the number's
# first digits lie between the two bounds. The most specific ranges stand first.
_BRANDS = (
    ("amex", "34", "34"),
    ("amex", "37", "37"),
    ("diners", "300", "305"),
    ("diners", "36", "36"),
    ("diners", "38", "39"),
    ("jcb", "3528", "3589"),
    ("discover", "6011", "6011"),
    ("discover", "644", "659"),
    ("mastercard", "51", "55"),
    ("mastercard", "2221", "2720"),
    ("visa", "4", "4"),
)
OTHER = "other"
FARTHEST_YEARS = 20


def brand_of(digits: str) -> str:
    """The network by the number's first digits; `other` when we do not know it."""
    for brand, low, high in _BRANDS:
        if low <= digits[: len(low)] <= high:
            return brand
    return OTHER


def expiry_errors(exp_month: int, exp_year: int, today: date) -> list[FieldError]:
    """A card is good through the last day of its month."""
    if not 1 <= exp_month <= 12:
        return [FieldError("/exp_month", "Expected a month from 1 to 12.")]
    if (exp_year, exp_month) < (today.year, today.month):
        return [FieldError("/exp_year", "This card has expired.")]
    if exp_year > today.year + FARTHEST_YEARS:
        return [FieldError("/exp_year", "Expected the year on the card, in four digits.")]
    return []
