"""Kinds of text that only accounts take."""

import re
from typing import Self
from zoneinfo import available_timezones

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


class LocalTime(Field):
    """A time of the day to the minute, on a clock of 24 hours."""

    __slots__ = ()
    example = "21:00"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", raw):
            raise ValueError("Expected a time of the day from 00:00 to 23:59, for example 21:00.")
        return cls(raw)


class TimeZone(Field):
    """A time zone by its IANA name."""

    __slots__ = ()
    example = "America/Chicago"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if raw not in available_timezones():
            raise ValueError("Expected a time zone by its name, for example America/Chicago.")
        return cls(raw)


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
