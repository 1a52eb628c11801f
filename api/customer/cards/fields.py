"""The card number on its way from the request into the sealed box."""

from typing import Self

from api.kernel.fields import Field
from api.kernel.luhn import passes_luhn

SHORTEST = 12
LONGEST = 19


class CardNumber(Field):
    """A card number that passed Luhn's check; it does not print or format by accident.

    The digits leave by `reveal` alone. Errors never repeat what was typed.
    """

    __slots__ = ()
    example = "4242 4242 4242 4242"

    @classmethod
    def parse(cls, raw: str) -> Self:
        digits = raw.replace(" ", "").replace("-", "")
        if not (digits.isascii() and digits.isdecimal()):
            raise ValueError("Expected the digits of the card number.")
        if not SHORTEST <= len(digits) <= LONGEST:
            raise ValueError(f"A card number has {SHORTEST} to {LONGEST} digits.")
        if not passes_luhn(digits):
            raise ValueError("This is not a card number. Is a digit wrong?")
        return cls(digits)

    def reveal(self) -> str:
        """The digits, for the box and nothing else."""
        return "".join(self)

    def __repr__(self) -> str:
        return "CardNumber(hidden)"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, _spec: str) -> str:
        return repr(self)
