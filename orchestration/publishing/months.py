"""What the database says of a mart's months, so that no more is read than was written.

Each month has a stamp that every write replaces. Where it is another one than in the last version,
or none, the rows of the month are counted and a hash of each is added up: most of what is built
again is what it was.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from warehouse.manifest import File, Manifest, Table

# Each row is hashed whole, as the bytes that a client would get: to hash column by column and
# add would not notice two rows that exchange a value.
_DIGESTS = """
SELECT {month}, count(*), sum(hash_record_extended(ROW(record_send(it)), 0))::text
FROM marts.{name} AS it
WHERE {where}
GROUP BY 1
"""
# A stamp means nothing where a trigger would not replace it.
STAMPS: Final = """
SELECT mart, month, stamp::text
FROM landing.mart_month
WHERE 4 = (
    SELECT count(*) FROM pg_trigger
    WHERE tgrelid = to_regclass(format('marts.%I', mart))
        AND tgfoid = 'landing.stamp_months'::regproc AND tgenabled = 'O'
)
"""
_COUNT = "SELECT count(*) FROM marts.{name}"


@dataclass(frozen=True)
class Said:
    """Of one month: a digest of how many rows there are and of what is in them, and the stamp of
    its last write, empty where the mart has none."""

    digest: str
    stamp: str


def months(
    cursor: Any,
    name: str,
    by: str | None,
    shape: str,
    known: Mapping[str | None, File],
    stamps: Mapping[str | None, str],
) -> dict[str | None, Said]:
    """Every month of a mart, in order; without `by`, or without rows, one that has no name.

    `shape` is what else a file depends on; `known` are the files of the last version, `stamps`
    what the mart's months say in this transaction.
    """
    digests = {
        month: known[month].digest
        for month, stamp in stamps.items()
        if month in known and known[month].stamp == stamp and known[month].digest.startswith(shape)
    }
    if digests:
        written = stamps.keys() - digests.keys()
        digests |= _digests(cursor, name, by, shape, among(by, written)) if written else {}
        cursor.execute(_COUNT.format(name=name))
        # Another number of rows: somebody wrote where no trigger tells of it.
        if cursor.fetchone()[0] != sum(int(digest.split()[1]) for digest in digests.values()):
            digests = {}
    digests = digests or _digests(cursor, name, by, shape, "true") or {None: f"{shape} 0"}
    return {
        month: Said(digests[month], stamps.get(month, ""))
        for month in sorted(digests, key=lambda month: (month is None, month))
    }


def written_since(published: Manifest, url: str, by: Mapping[str, str | None]) -> dict[str, str]:
    """For each mart that stamps its months, the condition for those written since the version.

    `by` is the column by whose month each mart is written. Where the condition is used, the
    session's time zone must be UTC.
    """
    with psycopg.connect(url) as connection:
        stamps = stamps_of(connection.execute(STAMPS).fetchall())
    return {
        mart: _written(table, column, those)
        for mart, those in stamps.items()
        if (column := by.get(mart)) and (table := published.tables.get(mart))
    }


def _written(table: Table, by: str, stamps: Mapping[str | None, str]) -> str:
    if any(file.rows and file.partition not in stamps for file in table.files):
        # Somebody took stamps away, and only what was built since has one again.
        return "true"
    known = {file.partition: file.stamp for file in table.files}
    written = [month for month, stamp in stamps.items() if known.get(month) != stamp]
    return among(by, written) if written else "false"


def stamps_of(rows: Iterable[tuple[str, str, str]]) -> dict[str, dict[str | None, str]]:
    """The stamp of each month of each mart, from the rows of `STAMPS`."""
    found: dict[str, dict[str | None, str]] = {}
    for mart, month, stamp in rows:
        found.setdefault(mart, {})[month] = stamp
    return found


def shape_of(*what: object) -> str:
    """A short hash of how files are written, which is the beginning of their digests."""
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def among(by: str | None, wanted: Collection[str | None]) -> str:
    """The condition for rows of these months, by which an index finds them."""
    if by is None:
        return "true"
    ranges = [
        f"({by} >= '{month}-01' AND {by} < date '{month}-01' + interval '1 month')"
        for month in wanted
        if month is not None
    ]
    return " OR ".join([*sorted(ranges), *([f"{by} IS NULL"] if None in wanted else [])])


def _digests(
    cursor: Any, name: str, by: str | None, shape: str, where: str
) -> dict[str | None, str]:
    month = f"to_char({by}, 'YYYY-MM')" if by else "NULL::text"
    cursor.execute(_DIGESTS.format(month=month, name=name, where=where))
    return {month: f"{shape} {rows} {total}" for month, rows, total in cursor.fetchall()}
