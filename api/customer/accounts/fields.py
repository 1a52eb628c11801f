"""Kinds of text that only accounts take."""

from typing import Self

from api.kernel.fields import Field

SHORTEST = 12
LONGEST = 200


class NewPassword(Field):
    """A password to be set: length is what counts (NIST SP 800-63B), and it never prints."""

    __slots__ = ()
    example = "correct horse battery staple"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if len(raw) < SHORTEST:
            raise ValueError(f"Use at least {SHORTEST} characters; a few words are fine.")
        if len(raw) > LONGEST:
            raise ValueError(f"Use at most {LONGEST} characters.")
        return cls(raw)

    def __repr__(self) -> str:
        return "NewPassword(hidden)"


class SecretToken(Field):
    """A token that we gave out, in an answer or in a mail; it never prints."""

    __slots__ = ()
    example = "Yx0mRPs2uD8m0OeZ2JvK6T1cQw5nB7aH3fLgS9iEtVk"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if not 1 <= len(raw) <= LONGEST or not raw.isascii():
            raise ValueError("Expected a token as it was given to you.")
        return cls(raw)

    def __repr__(self) -> str:
        return "SecretToken(hidden)"
