"""Amounts of money in words of finance."""


def amount_text(cents: int, currency: str = "") -> str:
    """`1,020.79 USD`, or `1,020.79` where the currency stands beside it."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}.{rest:02d} {currency}".rstrip()
