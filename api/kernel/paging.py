"""Keyset pages: a cursor names the last row seen, so pages stay right while rows are added."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from litestar.exceptions import ValidationException
from litestar.params import QueryParameter

MOST = 100

P = TypeVar("P", bound=msgspec.Struct)
Row = TypeVar("Row")

PageSize = Annotated[int, QueryParameter(ge=1, le=MOST, description="How many to return.")]
PageCursor = Annotated[
    str | None, QueryParameter(description="`next_cursor` of the page before this one.")
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Position(msgspec.Struct, frozen=True, array_like=True):
    """A row's place in a list that is sorted by a moment and, within one, by id."""

    microseconds: Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999_999)]
    id: UUID

    @property
    def moment(self) -> datetime:
        return _EPOCH + self.microseconds * _MICROSECOND


def position(moment: datetime, id: UUID) -> Position:  # noqa: A002
    """The place of a row."""
    return Position((moment - _EPOCH) // _MICROSECOND, id)


def cursor_of(moment: datetime, id: UUID) -> str:  # noqa: A002
    """The cursor after the row with this moment and id."""
    return cursor_to(position(moment, id))


def cursor_to(place: msgspec.Struct) -> str:
    """The cursor after a place of any kind."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def cut(
    found: Sequence[Row], size: int, place: Callable[[Row], msgspec.Struct]
) -> tuple[list[Row], str | None]:
    """A page, and the cursor after it if there are more rows: `found` was asked for one more."""
    shown = list(found[:size])
    return shown, cursor_to(place(shown[-1])) if len(found) > size else None


def position_of(cursor: str) -> Position:
    """The place that a cursor names; raises a problem that names the parameter."""
    return place_of(cursor, Position)


def place_of(cursor: str, kind: type[P]) -> P:
    """As `position_of`, for lists with places of another kind."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kind)
    except ValueError as error:
        words = "This is not a cursor of this list. Leave it out to begin at the top."
        wrong = [{"key": "cursor", "message": words, "source": "query"}]
        raise ValidationException(extra=wrong) from error
