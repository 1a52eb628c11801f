"""Marts as Parquet files: one a mart, or one a month of a mart that grows.

Rows are sorted, so that a month in which nothing changed becomes the same bytes again, and the
file is shared with the versions before.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from orchestration.publishing.marts import Mart
from warehouse.manifest import File, Table
from warehouse.store import Store

_COLUMNS = """
SELECT attname, format_type(atttypid, NULL)
FROM pg_attribute
WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""


@dataclass(frozen=True)
class Exported:
    """One mart in files, of which `written` were not there before."""

    table: Table
    written: int


def export(cursor: Any, name: str, mart: Mart, store: Store) -> Exported:
    """Write one mart through an ADBC cursor, in whose transaction all marts agree."""
    cursor.execute(_COLUMNS, parameters=[f"marts.{name}"])
    columns = dict(cursor.fetchall())
    # The first column of every mart is its key.
    by, key = mart.partition_by, next(iter(columns))
    order = [by, key] if by else [key]
    cursor.execute(f"SELECT * FROM marts.{name} ORDER BY {', '.join(order)}")  # noqa: S608
    files, written = [], 0
    for partition, part in _partitions(cursor.fetch_record_batch(), by):
        content = _parquet(part)
        file, is_new = store.add_file(content)
        files.append(File(file, part.num_rows, len(content), partition))
        written += is_new
    rows = sum(one.rows for one in files)
    return Exported(Table(rows, columns, files, mart.grain, list(mart.sources)), written)


def _partitions(
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


def _parquet(rows: pa.Table) -> bytes:
    buffer = io.BytesIO()
    # In one piece, however it arrived: the same rows are the same bytes.
    whole = rows.replace_schema_metadata(None).combine_chunks()
    parquet.write_table(whole, buffer, compression="zstd")
    return buffer.getvalue()
