"""How a table is read is decided from what both sides look like."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestration.replication.plan import (
    RawTable,
    Reading,
    Snapshot,
    SourceTable,
    Stopped,
    Watermark,
    reading,
    unknown_columns,
)

SNAPSHOT = Snapshot(
    low=100,
    high=120,
    as_of=datetime(2026, 3, 2, tzinfo=UTC),
    system_identifier=7,
    timeline=1,
    database=5,
)
SOURCE = SourceTable(file=9, columns={"id": "uuid", "during": "tstzrange", "row_xid": "xid8"})
RAW = RawTable(
    columns={
        "id": "uuid",
        "during_start": "timestamp with time zone",
        "during_end": "timestamp with time zone",
    },
    key=("id",),
)
LANDED = Watermark(
    system_identifier=7,
    timeline=1,
    storage="5/9",
    columns=("id", "during_start", "during_end"),
    low=90,
)


def decide(
    raw: RawTable = RAW,
    source: SourceTable | None = SOURCE,
    watermark: Watermark | None = LANDED,
    horizon: int = 0,
) -> Reading | Stopped:
    return reading(
        "booking",
        raw=raw,
        source=source,
        watermark=watermark,
        snapshot=SNAPSHOT,
        horizon=horizon,
    )


def low(plan: Reading | Stopped) -> int | None:
    assert isinstance(plan, Reading)
    return plan.low


def test_what_was_landed_is_continued_from_the_snapshot_it_was_read_with() -> None:
    assert low(decide()) == 90


def test_a_table_never_landed_is_read_whole() -> None:
    assert low(decide(watermark=None)) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(LANDED, system_identifier=8),
        replace(LANDED, timeline=2),
        replace(LANDED, storage="6/9"),
        replace(LANDED, storage="5/10"),
        replace(LANDED, columns=("id",)),
        replace(LANDED, low=101),
    ],
    ids=["server", "timeline", "database", "file", "columns", "transactions run backwards"],
)
def test_another_origin_is_read_whole(other: Watermark) -> None:
    assert low(decide(watermark=other)) is None


def test_deletions_forgotten_by_the_source_mean_that_all_is_read() -> None:
    assert low(decide(horizon=90)) == 90
    assert low(decide(horizon=91)) is None


def test_a_range_is_read_as_its_ends() -> None:
    plan = decide()
    assert isinstance(plan, Reading)
    assert plan.expressions == {
        "id": "id",
        "during_start": "lower(during)",
        "during_end": "upper(during)",
    }


def test_a_missing_table_stops() -> None:
    assert decide(source=None) == Stopped(
        "booking", "it is no longer in the source, or no longer readable"
    )


def test_a_retyped_column_stops_the_table() -> None:
    retyped = replace(SOURCE, columns={**SOURCE.columns, "id": "text"})
    assert decide(source=retyped) == Stopped("booking", "id is text in the source and uuid here")


def test_text_lands_from_any_kind_of_text() -> None:
    raw = RawTable({"name": "text"}, ("name",))
    plan = decide(raw=raw, source=SourceTable(9, {"name": "character varying"}))
    assert isinstance(plan, Reading)


def test_only_columns_without_a_place_are_unknown() -> None:
    wider = replace(SOURCE, columns={**SOURCE.columns, "segment": "text"})
    assert unknown_columns(RAW, SOURCE) == []
    assert unknown_columns(RAW, wider) == ["segment"]
