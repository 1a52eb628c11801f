"""Marts as Parquet files: one a mart, or one a month of a mart that grows.

A month that was not written since, or of which the database says what it said when the last
version was written, keeps its file (`months`). Rows are sorted, so that the same rows are the same
bytes again also where nobody remembers what was said.
"""

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import replace
from pyarrow import parquet

from orchestration.publishing.marts import Mart
from orchestration.publishing.months import among, months, shape_of
from warehouse.manifest import File, Table
from warehouse.store import Store

ROW_GROUP: Final = 122_880
"""Rows that are skipped or read together: DuckDB's own size, so that a few days of a large month
are read alone, and by two threads."""

WRITER: Final = f"1 {pa.__version__} {ROW_GROUP}"
"""How files are written; change the first number with anything below that changes their bytes."""

_COLUMNS = """
SELECT attname, format_type(atttypid, NULL)
FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""


@dataclass(frozen=True)
class Exported:
    """One mart in files, of which `written` were not there before and `kept` were not read."""

    table: Table
    written: int
    kept: int


def export(
    cursor: Any,
    name: str,
    mart: Mart,
    store: Store,
    before: Table | None,
    stamps: Mapping[str | None, str],
) -> Exported:
    """Write one mart through an ADBC cursor, in whose transaction all marts agree.

    The session's time zone must be UTC. `before` is the same mart in the last version, `stamps`
    what its months say now.
    """
    cursor.execute(_COLUMNS, parameters=[f"marts.{name}"])
    columns = dict(cursor.fetchall())
    shape = shape_of(WRITER, name, mart.partition_by, list(columns.items()))
    known = {
        file.partition: file
        for file in (before.files if before else [])
        if store.path(file.name).exists()
    }
    said = months(cursor, name, mart.partition_by, shape, known, stamps)
    files = {
        month: replace(known[month], stamp=one.stamp)
        for month, one in said.items()
        if month in known and known[month].digest == one.digest
    }
    kept, written = len(files), 0
    for month, part in _read(cursor, name, mart.partition_by, columns, said, files):
        content = to_parquet(part)
        file, is_new = store.add_file(content)
        one = said[month]
        files[month] = File(file, part.num_rows, len(content), month, one.digest, one.stamp)
        written += is_new
    ordered = [files[month] for month in said]
    rows = sum(one.rows for one in ordered)
    table = Table(rows, columns, ordered, mart.grain, list(mart.sources))
    return Exported(table, written, kept)


def _read(
    cursor: Any,
    name: str,
    by: str | None,
    columns: dict[str, str],
    said: Collection[str | None],
    kept: Collection[str | None],
) -> Iterator[tuple[str | None, pa.Table]]:
    """The months that are not kept, each with its rows."""
    wanted = [month for month in said if month not in kept]
    if not wanted:
        return
    # The first column of every mart is its key.
    key = next(iter(columns))
    order = f"{by}, {key}" if by else key
    where = among(by, wanted) if kept else "true"
    query = f"SELECT * FROM marts.{name} WHERE {where} ORDER BY {order}"  # noqa: S608 - our names
    cursor.execute(query)
    yield from partitions(cursor.fetch_record_batch(), by)


def partitions(
    batches: pa.RecordBatchReader, column: str | None
) -> Iterator[tuple[str | None, pa.Table]]:
    """Rows by UTC month, which arrive sorted by the column; no more than a month is in memory.

    An empty table is one empty part.
    """
    partition: str | None = None
    parts: list[pa.Table] = []
    for batch in batches:
        if batch.num_rows == 0:
            continue
        for month, part in _months(pa.Table.from_batches([batch]), column):
            if parts and month != partition:
                yield partition, pa.concat_tables(parts)
                parts = []
            partition = month
            parts.append(part)
    yield partition, pa.concat_tables(parts or [batches.schema.empty_table()])


def _months(rows: pa.Table, column: str | None) -> Iterator[tuple[str | None, pa.Table]]:
    if column is None:
        yield None, rows
        return
    moments = rows[column]
    months = pc.add(pc.multiply(pc.year(moments), 12), pc.subtract(pc.month(moments), 1))
    ends = pc.run_end_encode(months.combine_chunks())
    start = 0
    for month, end in zip(ends.values.to_pylist(), ends.run_ends.to_pylist(), strict=True):
        name = f"{month // 12}-{month % 12 + 1:02d}" if month is not None else None
        yield name, rows.slice(start, end - start)
        start = end


def to_parquet(rows: pa.Table) -> bytes:
    """Rows as they are published."""
    buffer = io.BytesIO()
    # In one piece, however it arrived: the same rows are the same bytes.
    whole = rows.replace_schema_metadata(None).combine_chunks()
    parquet.write_table(whole, buffer, compression="zstd", row_group_size=ROW_GROUP)
    return buffer.getvalue()
