"""Kinds of text that only staff accounts take."""

from typing import Self

from api.kernel.fields import Field

SHORTEST = 12
LONGEST = 200


class StaffPassword(Field):
    """A password to be set, 12 to 200 characters long. It is never shown, not even by an error."""

    __slots__ = ()
    example = "correct horse battery staple"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if not SHORTEST <= len(raw) <= LONGEST:
            raise ValueError(f"Use {SHORTEST} to {LONGEST} characters; a few words are fine.")
        return cls(raw)

    def __repr__(self) -> str:
        return "StaffPassword(hidden)"
