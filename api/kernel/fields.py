"""Kinds of text with a meaning of their own, checked by the libraries of their fields.

They are used as annotations in request bodies; `decode_field` is msgspec's hook that makes
them. Each keeps a normal form, so that equal things compare equal.
"""

import unicodedata
from functools import cache
from typing import Any, ClassVar, Self

import phonenumbers
import zipcodes
from email_validator import EmailNotValidError, validate_email


class Field(str):
    """A `str` with a check; `parse` raises ValueError with words for the person who typed it."""

    __slots__ = ()
    example: ClassVar[str] = ""

    @classmethod
    def parse(cls, raw: str) -> Self:
        raise TypeError(f"{cls.__name__} does not say how it is parsed.")


class Email(Field):
    __slots__ = ()
    example = "ada@example.com"

    @classmethod
    def parse(cls, raw: str) -> Self:
        try:
            # Reserved names (example.com) are for tests and the demo, and no mail leaves for them.
            checked = validate_email(raw, check_deliverability=False, test_environment=True)
        except EmailNotValidError as error:
            raise ValueError(str(error)) from error
        return cls(checked.normalized.lower())


class Phone(Field):
    """A telephone number in E.164 form; without a country code it is read as a US number."""

    __slots__ = ()
    example = "+12125550123"

    @classmethod
    def parse(cls, raw: str) -> Self:
        try:
            number = phonenumbers.parse(raw, "US")
        except phonenumbers.NumberParseException as error:
            raise ValueError("Expected a telephone number, for example +1 212 555 0123.") from error
        if number.extension:
            raise ValueError("Give a number that can be dialled directly, without an extension.")
        if not phonenumbers.is_possible_number(number):
            raise ValueError("This telephone number is too short or too long.")
        if not phonenumbers.is_valid_number(number):
            raise ValueError("There is no such telephone number: check its area code and digits.")
        return cls(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


# Kinds of numbers that get no text messages. In the USA landlines and mobile telephones share
# their ranges, so that only the provider can tell.
_WITHOUT_TEXTS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)


def takes_texts(phone: str | None) -> bool:
    """Whether a number in E.164 form may get text messages: false for a landline, a toll-free
    number and the like, as far as their ranges tell, and for no number at all.
    """
    if phone is None:
        return False
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(number) not in _WITHOUT_TEXTS


def _clean(raw: str, longest: int, allowed_controls: str) -> str:
    """Text without blank ends; raises ValueError when it is blank, too long or unprintable."""
    text = raw.strip()
    if not text:
        raise ValueError("This must not be blank.")
    if len(text) > longest:
        raise ValueError(f"Use at most {longest} characters.")
    # PostgreSQL keeps no NUL, and a line break in a name can become a second mail header.
    if any(unicodedata.category(sign) == "Cc" and sign not in allowed_controls for sign in text):
        raise ValueError("This holds a character that cannot be kept (a control character).")
    return text


class Line(Field):
    """A line that people write: a name, a street, a city. Up to 200 characters."""

    __slots__ = ()
    example = "Ada Lovelace"

    @classmethod
    def parse(cls, raw: str) -> Self:
        return cls(_clean(raw, 200, ""))


class Prose(Field):
    """What people write in their own words, with line breaks. Up to 4,000 characters."""

    __slots__ = ()
    example = "The screen stays black, but the light is on."

    @classmethod
    def parse(cls, raw: str) -> Self:
        return cls(_clean(raw.replace("\r\n", "\n"), 4_000, "\n\t"))


class Zip(Field):
    """A five-digit US ZIP code that exists."""

    __slots__ = ()
    example = "10001"

    @classmethod
    def parse(cls, raw: str) -> Self:
        if len(raw) != 5 or not raw.isascii() or not raw.isdigit():
            raise ValueError("Expected a ZIP code of five digits.")
        if place(raw) is None:
            raise ValueError("There is no such ZIP code.")
        return cls(raw)


class Place:
    """Where a ZIP code is: coordinates in degrees (WGS 84) and an IANA time zone."""

    __slots__ = ("city", "latitude", "longitude", "state", "time_zone", "zip")

    def __init__(self, record: dict[str, Any]) -> None:
        self.zip: str = record["zip_code"]
        self.city: str = record["city"]
        self.state: str = record["state"]
        self.latitude = float(record["lat"])
        self.longitude = float(record["long"])
        self.time_zone: str = record["timezone"]


@cache
def place(zip_code: str) -> Place | None:
    """The place of a ZIP code, or None when it does not exist or has no known position."""
    for record in zipcodes.matching(zip_code):  # type: ignore[no-untyped-call]
        if record["lat"] and record["long"] and record["timezone"]:
            return Place(record)
    return None


def load_places() -> None:
    """Read all ZIP codes, half a second of work, so that nobody's first address waits for it."""
    place("10001")


def decode_field(type_: type, raw: Any) -> Any:
    """msgspec's `dec_hook`, and a Litestar type decoder, for the kinds above."""
    if issubclass(type_, Field):
        if not isinstance(raw, str):
            # msgspec turns a ValueError, and no other, into an error with a path.
            raise ValueError(f"Expected text, for example {type_.example}.")  # noqa: TRY004
        return type_.parse(raw)
    raise NotImplementedError(f"No decoder for {type_!r}.")
