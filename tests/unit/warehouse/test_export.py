"""Marts become a file a month, whatever the pieces in which their rows arrive."""

from datetime import UTC, datetime

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.publishing.export import partitions, to_parquet

MONTHS = st.integers(0, 40)
SCHEMA = pa.schema([("at", pa.timestamp("us", "UTC")), ("n", pa.int64())])


def rows_of(months: list[int]) -> pa.Table:
    moments = [datetime(2023 + it // 12, it % 12 + 1, 5, tzinfo=UTC) for it in sorted(months)]
    return pa.table([moments, list(range(len(moments)))], schema=SCHEMA)


@settings(deadline=None)  # the first one loads what writes Parquet
@given(st.lists(MONTHS, max_size=60), st.integers(1, 7))
def test_the_files_of_a_mart_do_not_depend_on_how_its_rows_arrive(
    months: list[int], size: int
) -> None:
    rows = rows_of(months)
    whole = list(partitions(rows.to_reader(), "at"))
    pieces = list(partitions(rows.to_reader(max_chunksize=size), "at"))
    assert [(name, to_parquet(part)) for name, part in pieces] == [
        (name, to_parquet(part)) for name, part in whole
    ]
    assert pa.concat_tables([part for _, part in pieces]).equals(rows)
    expected: list[str | None] = [
        f"{2023 + it // 12}-{it % 12 + 1:02d}" for it in sorted(set(months))
    ]
    assert [name for name, _ in pieces] == (expected or [None])


def test_a_mart_that_is_not_divided_is_one_file() -> None:
    rows = rows_of([1, 2, 3])
    [(name, part)] = partitions(rows.to_reader(max_chunksize=1), None)
    assert name is None
    assert part.equals(rows)
