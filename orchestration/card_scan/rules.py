"""What looks like a card number in a text. Pure.

A number is 13 to 19 digits, in one piece or in groups with single spaces or dashes between
them, that begins like a card and passes Luhn's check. One random number of 16 digits in thirty
does, so what is no number at all is taken out first: UUIDs, hashes and random ids of 24 and more
hexadecimal digits, and what follows the point of a decimal. `api/kernel/card_scan.sql` finds runs
of digits by the same patterns inside a database.
"""

import re
from collections.abc import Iterator, Sequence

from api.kernel.luhn import passes_luhn

SHORTEST, LONGEST = 13, 19
GROUP = 4
"""The least digits of a printed group; the last may have fewer."""

# After an underscore too, as in `ch_<uuid>`, where no word begins.
_UUID = re.compile(
    r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE
)
_HASH = re.compile(r"(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{24,}(?![0-9a-z])", re.IGNORECASE)
_RUN = re.compile(r"(?<![0-9])(?<![0-9]\.)[0-9]+(?:[ -][0-9]+)*")

# Issuer ranges of ISO/IEC 7812-1 as the networks publish them: first digits, least and most digits.
_RANGES = (
    (r"4", 13, 19),  # Visa
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", 16, 16),  # Mastercard
    (r"3[47]", 15, 15),  # American Express
    (r"30[0-5]|36|3[89]", 14, 19),  # Diners Club
    (r"6011|64[4-9]|65", 16, 19),  # Discover
    (r"352[89]|35[3-8]", 16, 19),  # JCB
    (r"62", 16, 19),  # UnionPay
    (r"50|5[6-8]|6304|6759|676[1-3]", 13, 19),  # Maestro
)
_BY_LENGTH = {
    length: re.compile("|".join(p for p, low, high in _RANGES if low <= length <= high))
    for length in range(SHORTEST, LONGEST + 1)
}


def numbers_in(text: str) -> Iterator[str]:
    """The last four digits of everything in a text that may be a card number."""
    for run in _RUN.findall(_HASH.sub(" ", _UUID.sub(" ", text))):
        yield from numbers_of(run)


def numbers_of(run: str) -> Iterator[str]:
    """The same of one run of digits with single spaces or dashes between them."""
    groups = re.split("[ -]", run)
    for first in range(len(groups)):
        for last in range(first, len(groups)):
            digits = "".join(groups[first : last + 1])
            if len(digits) > LONGEST:
                break
            if _is_printed_like_one(groups[first : last + 1]) and is_card_number(digits):
                yield digits[-4:]


def is_card_number(digits: str) -> bool:
    """Whether these digits are in a card range and pass Luhn's check."""
    begins = _BY_LENGTH.get(len(digits))
    return begins is not None and begins.match(digits) is not None and passes_luhn(digits)


def _is_printed_like_one(groups: Sequence[str]) -> bool:
    return all(len(group) >= GROUP for group in groups[:-1])
