"""The numbers of invoices and credit notes: taken without gaps, written and read."""

import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SERIES = "INV"
CREDIT_NOTES = "CN"
_WRITTEN = re.compile(r"(?:INV-?)?0*([1-9][0-9]{0,17})", re.IGNORECASE)


def number_text(number: int, series: str = SERIES) -> str:
    """`INV-00001234`, the form that customers see and the payment provider gets."""
    return f"{series}-{number:08d}"


def number_of(text: str) -> int:
    """The number in `INV-00001234` or `1234`; raises ValueError."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError("Expected the number of an invoice, for example INV-00001234.")
    return int(found[1])


# The row of the series stays locked until the transaction ends: numbers have no gap.
_TAKE = text("""
INSERT INTO invoice_series AS series (series, last_number) VALUES (:series, :count)
ON CONFLICT (series) DO UPDATE SET last_number = series.last_number + :count
RETURNING last_number
""")


async def take_numbers(session: AsyncSession, series: str, count: int) -> int:
    """Take the next numbers of a series; returns the last of them."""
    taken = await session.execute(_TAKE, {"series": series, "count": count})
    return int(taken.scalar_one())
