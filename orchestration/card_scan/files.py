"""Looks through the files of a folder: logs and other texts, and Parquet by its columns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.card_scan.findings import Finding, Scanned
from orchestration.card_scan.rules import numbers_in

CHUNK: Final = 1 << 20
ROWS: Final = 20_000
MOST: Final = 100
"""Findings that are told of a file: more say nothing new."""

LARGE: Final = (pa.int64(), pa.uint64(), pa.float64())
"""Types of numbers that can hold 13 digits, besides decimals."""

_MAY_BE_ONE = r"[0-9](?:[ -]?[0-9]){12}"
# Within a number there is nothing else, so a text may be cut at any other sign.
_INSIDE = frozenset(b"0123456789abcdefABCDEF -.")


def scan_folder(name: str, folder: Path) -> Scanned:
    """Every file below the folder; one that goes while it is looked at is passed over."""
    done = Scanned()
    for path in sorted(it for it in folder.rglob("*") if it.is_file() and not it.is_symlink()):
        place = f"{name}: {path.relative_to(folder)}"
        try:
            done.bytes += path.stat().st_size
            look = _in_parquet if path.suffix == ".parquet" else _in_text
            done.findings += look(place, path)
        except FileNotFoundError:
            continue
        except PermissionError:
            done.closed.append(place)
        done.files += 1
    return done


def _in_text(place: str, path: Path) -> list[Finding]:
    """Reads a piece at a time, however long the file and its lines are."""
    found: list[Finding] = []
    with path.open("rb") as file:
        rest = b""
        while len(found) < MOST:
            piece = file.read(CHUNK)
            text = rest + piece
            cut = _end(text) if piece else len(text)
            rest = text[cut:]
            last4s = numbers_in(text[:cut].decode("latin-1"))
            found += [Finding(place, "file", last4) for last4 in last4s]
            if not piece:
                break
    return found[:MOST]


def _end(text: bytes) -> int:
    """Where a text can be cut without cutting a number, a UUID or a hash."""
    newline = text.rfind(b"\n")
    if newline >= 0:
        return newline + 1
    cut = len(text)
    while cut > 0 and text[cut - 1] in _INSIDE:
        cut -= 1
    return cut or len(text)


def _in_parquet(place: str, path: Path) -> list[Finding]:
    found: list[Finding] = []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=ROWS):
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                for text in _suspicious(column):
                    found += [
                        Finding(f"{place}, column {name}", "snapshot", last4)
                        for last4 in numbers_in(text)
                    ]
            if len(found) >= MOST:
                break
    return found[:MOST]


def _suspicious(column: Any) -> Iterator[str]:
    """The values that may hold 13 digits, as texts."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        yield from _suspicious(column.dictionary)
    elif pa.types.is_struct(kind):
        for part in column.flatten():
            yield from _suspicious(part)
    elif pa.types.is_nested(kind):
        yield from _suspicious(pc.list_flatten(column))
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        yield from (it.as_py().decode("latin-1") for it in column if it.is_valid)
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        kept = column.filter(pc.fill_null(pc.match_substring_regex(column, _MAY_BE_ONE), False))
        yield from (it.as_py() for it in kept)
    elif kind in LARGE or pa.types.is_decimal(kind):
        large = pc.fill_null(pc.greater_equal(column, 10**12), False)
        values = (it.as_py() for it in column.filter(large))
        yield from (str(int(it)) for it in values if it < 10**19)
