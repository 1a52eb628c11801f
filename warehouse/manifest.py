"""What a published version consists of, as it is written down beside its files."""

from datetime import datetime
from typing import Literal

import msgspec


class File(msgspec.Struct, frozen=True):
    """One Parquet file, named by the hash of its content; `partition` is a month (2026-03).

    `digest` is what the database said of the rows when they were written, and of how: while it
    says the same, the file holds the same. Empty where nobody asked. `stamp` is what the mart
    said of the month's last write: while it says the same, the database need not look at rows.
    """

    name: str
    rows: int
    bytes: int
    partition: str | None = None
    digest: str = ""
    stamp: str = ""


class Table(msgspec.Struct, frozen=True):
    """One mart: its columns with their types, and its files in order.

    `grain` says what one row is; `sources` are the mirrored tables that it is made of, each as
    `source.table`. A version that was written before these were kept has neither.
    """

    rows: int
    columns: dict[str, str]
    files: list[File]
    grain: str = ""
    sources: list[str] = []

    @property
    def bytes(self) -> int:
        return sum(file.bytes for file in self.files)


class Summary(msgspec.Struct, frozen=True):
    """What reports ask for most, counted when the version was made.

    `definition` is the hash of the SQL that counted: a reader whose SQL is another counts rows.
    """

    definition: str
    files: list[File]


class Check(msgspec.Struct, frozen=True):
    """What one check said about one asset; `failed` counts rows or is None where none count.

    A failed check of severity `block` holds a version back, one of severity `warn` does not.
    """

    asset: str
    name: str
    passed: bool
    severity: Literal["block", "warn"]
    detail: str = ""
    failed: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """One version. Everything committed in the sources before `as_of` is in it."""

    version: str
    run_id: str
    as_of: datetime
    created_at: datetime
    tables: dict[str, Table]
    checks: list[Check] = []
    summaries: dict[str, Summary] = {}

    @property
    def files(self) -> list[File]:
        """Every file that the version consists of."""
        parts: list[Table | Summary] = [*self.tables.values(), *self.summaries.values()]
        return [file for part in parts for file in part.files]


class HeldBack(msgspec.Struct, frozen=True):
    """A later build than the published one that must not be shown, and why."""

    run_id: str
    at: datetime
    reasons: list[str]


class Pin(msgspec.Struct, frozen=True):
    """Somebody went back to a version: nothing newer is shown until the pin is removed."""

    version: str
    at: datetime
    reason: str


def encode(value: Manifest | HeldBack | Pin) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1)
