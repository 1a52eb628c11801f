"""Kinds of text that only accounts take."""

import re
from typing import Self
from zoneinfo import available_timezones

from api.kernel.fields import Field


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
