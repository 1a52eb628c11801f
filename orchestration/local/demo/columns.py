"""Columns for COPY: numpy arrays to Arrow, in the shapes whose bytes PostgreSQL takes as they are.

The ADBC driver writes binary COPY without asking for the target's type. So a `uuid` travels as 16
bytes, a `tstzrange` as the 25 bytes of its binary form, and `jsonb` as text after a version byte.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from orchestration.local.demo.clocks import SECOND, micros
from orchestration.local.demo.draws import Flags, Floats, Ids, Ints, letters

Column = Any
"""A pyarrow Array; pyarrow has no type hints."""

JSONB_VERSION: Final = "\x01"
_MOMENT: Final = pa.timestamp("us", "UTC")
_LOWER_INCLUSIVE: Final = 2
_POSTGRES_EPOCH: Final = micros(datetime(2000, 1, 1, tzinfo=UTC))
_RANGE: Final = np.dtype(
    [("flags", "u1"), ("low_size", ">i4"), ("low", ">i8"), ("high_size", ">i4"), ("high", ">i8")]
)


def uuids(ids: Ids, null: Flags | None = None) -> Column:
    return _fixed(pa.binary(16), ids, null)


def moments(at: Ints, null: Flags | None = None) -> Column:
    """Microseconds since 1970 as `timestamptz`."""
    return _fixed(_MOMENT, at, null)


def dates(days: NDArray[np.int32], null: Flags | None = None) -> Column:
    """Days since 1970."""
    return _fixed(pa.date32(), days, null)


def ranges(start: Ints, end: Ints) -> Column:
    """`tstzrange`, start included, end excluded."""
    rows = np.empty(len(start), dtype=_RANGE)
    rows["flags"], rows["low_size"], rows["high_size"] = _LOWER_INCLUSIVE, 8, 8
    rows["low"], rows["high"] = start - _POSTGRES_EPOCH, end - _POSTGRES_EPOCH
    return _fixed(pa.binary(_RANGE.itemsize), rows, None)


def integers(values: Ints, null: Flags | None = None) -> Column:
    """`integer`, 32 bits."""
    return _fixed(pa.int32(), values.astype(np.int32), null)


def bigints(values: Ints, null: Flags | None = None) -> Column:
    return _fixed(pa.int64(), values, null)


def floats(values: Floats) -> Column:
    return _fixed(pa.float64(), values, None)


def flags(values: Flags) -> Column:
    buffers = [None, pa.py_buffer(np.packbits(values, bitorder="little"))]
    return pa.Array.from_buffers(pa.bool_(), len(values), buffers)


def clock_times(of_day: Ints) -> Column:
    """Microseconds since midnight as `time`."""
    return _fixed(pa.time64("us"), of_day, None)


def same(value: str | int | bool, count: int) -> Column:
    """One value in every row; an `int` is `integer`."""
    return pa.repeat(_scalar(value), count)


def nothing(count: int) -> Column:
    """NULL in every row of a text column."""
    return pa.nulls(count, pa.string())


def words(values: Sequence[str | None]) -> Column:
    """Texts given one by one."""
    return _sized(pa.string(), [None if text is None else text.encode() for text in values])


def blobs(values: Sequence[bytes | None]) -> Column:
    """`bytea`."""
    return _sized(pa.binary(), values)


def uuid_texts(ids: Ids) -> Column:
    """UUIDs as text."""
    ends = np.arange(len(ids) + 1, dtype=np.int32) * 36
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(letters(ids)))]
    return pa.Array.from_buffers(pa.string(), len(ids), buffers)


def bytes_of(rows: NDArray[np.uint8]) -> Column:
    """`bytea` of one length, a row each."""
    return _fixed(pa.binary(rows.shape[1]), rows, None)


def texts(pool: Sequence[str | None] | Column, index: Ints, null: Flags | None = None) -> Column:
    """The texts of a pool, by index; a tuple is turned into a column once."""
    if isinstance(pool, tuple):
        source = _pool(pool)
    else:
        source = pool if isinstance(pool, pa.Array) else words(pool)
    return source.take(bigints(index, null))


def joined(*parts: Column | str) -> Column:
    """Texts put together row by row."""
    typed = [_scalar(part) if isinstance(part, str) else part for part in (*parts, "")]
    return pc.binary_join_element_wise(*typed)


def or_else(column: Column, text: str) -> Column:
    """The column with `text` in place of NULL."""
    return pc.coalesce(column, _scalar(text))


def replaced(column: Column, first: Sequence[str]) -> Column:
    """The column with other texts in its first rows."""
    return pa.concat_arrays([words(first), column.slice(len(first))])


def numerals(values: Ints, digits: int = 0) -> Column:
    """Whole numbers in decimal, with leading zeros up to `digits`."""
    decimal = bigints(values).cast(pa.string())
    return pc.utf8_lpad(decimal, digits, "0") if digits else decimal


def isoformat(at: Ints) -> Column:
    """Moments as JSON has them, to the second: 2026-11-23T13:00:00Z."""
    return pc.strftime(_fixed(pa.timestamp("s"), at // SECOND, None), "%Y-%m-%dT%H:%M:%SZ")


def jsonb(documents: Column | str, count: int) -> Column:
    """JSON texts as `jsonb`."""
    if isinstance(documents, str):
        return same(JSONB_VERSION + documents, count)
    return joined(same(JSONB_VERSION, count), documents)


def listed_json(documents: Column, row: Ints, count: int) -> Column:
    """JSON lists of `count` rows; `row` says in ascending order to which one a document belongs."""
    ends = np.searchsorted(row, np.arange(count + 1)).astype(np.int32)
    lists_ = pa.ListArray.from_arrays(pa.array(ends), documents)
    return joined("[", pc.binary_join(lists_, ", "), "]")


def lists(values: Sequence[Sequence[str]]) -> Column:
    """`text[]`."""
    offsets = np.cumsum([0, *(len(row) for row in values)]).astype(np.int32)
    items = words([text for row in values for text in row])
    return pa.ListArray.from_arrays(_fixed(pa.int32(), offsets, None), items)


def table(**columns: Column) -> Any:
    """A pyarrow Table whose columns are named as the database's."""
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))


# From buffers, because `pa.array` imports pandas to ask whether its argument is one of its own:
# a second that the demo does not have.


@lru_cache(maxsize=64)
def _pool(texts_: tuple[str | None, ...]) -> Column:
    """Pools that are tuples never change and are used again and again."""
    return words(texts_)


def _scalar(value: str | int | bool) -> Any:
    if isinstance(value, bool):
        return flags(np.array([value]))[0]
    return words([value])[0] if isinstance(value, str) else integers(np.array([value]))[0]


def _fixed(kind: Any, values: NDArray[Any], null: Flags | None) -> Column:
    buffers = [_validity(null), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _sized(kind: Any, values: Sequence[bytes | None]) -> Column:
    offsets = np.cumsum([0, *(len(value or b"") for value in values)]).astype(np.int32)
    missing = np.array([value is None for value in values], dtype=bool)
    data = b"".join(value or b"" for value in values)
    buffers = [_validity(missing), pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _validity(null: Flags | None) -> Any:
    return None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
