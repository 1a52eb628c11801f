"""The promises about what has landed: kept by good data, and each kind broken by bad data."""

import pytest

from data_tests.landing import IMPOSSIBLE
from data_tests.validate import validate
from tests.warehouse.built import Built
from tests.warehouse.promising import broken, landing_promises, url


def test_landed_rows_keep_every_promise(built: Built) -> None:
    outcomes = validate(url(built), landing_promises(built))
    assert broken(outcomes) == set()
    assert {one.promise.kind for one in outcomes} == {
        "volume", "freshness", "schema", "distribution", "personal_data",
    }  # fmt: skip


def test_each_kind_of_promise_about_landing_can_be_broken(built: Built) -> None:
    promises = landing_promises(built)
    with built.copy() as spoilt:
        for statement in (
            "UPDATE raw.customer__survey SET score = 9 WHERE score IS NOT NULL",
            "UPDATE raw.sysops__ticket_type SET name = 'ask jo@example.com', landed_at = now()",
            "UPDATE landing.watermark SET as_of = as_of - interval '1 hour'",
            "ALTER TABLE raw.billing__payment RENAME COLUMN attempt TO try",
            "DELETE FROM raw.sysops__skill",
        ):
            spoilt.databases.execute("analytics", statement)
        outcomes = validate(url(spoilt), promises)
    assert broken(outcomes) == {
        ("raw.customer__survey", "distribution", True),
        ("raw.sysops__ticket_type", "personal_data", True),
        ("landing.watermark", "freshness", False),
        ("raw.billing__payment", "schema", True),
        ("raw.sysops__skill", "volume", False),
    }


SPOILT = {
    "a score is 1 to 5": ["score = 0 WHERE score IS NOT NULL", "score = 6"],
    "a recommendation is 0 to 10": ["would_recommend = -1", "would_recommend = 11"],
    "a way is at most 1,000 kilometres": ["travel_km = 'NaN'", "travel_km = -1"],
    "a visit ends after it starts": ["during_end = during_start"],
    "a ticket is due after it is there": ["sla_due_at = submitted_at - interval '1 hour'"],
    "a ticket has a time zone": ["time_zone = NULL"],
    "an address has a time zone": ["time_zone = NULL"],
    "a ZIP code has five digits": ["zip = '1234'"],
    "a payment is at least a cent and at most 100,000 dollars": [
        "amount_cents = 0", "amount_cents = 10000001",
    ],
    "an invoice is at most 100,000 dollars, and not negative": [
        "total_cents = -1", "total_cents = 10000001",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("table", "says", "blocks"), [(table, says, blocks) for table, _, says, blocks in IMPOSSIBLE]
)
def test_an_impossible_row_that_landed_is_found_however_long_ago_that_was(
    built: Built, table: str, says: str, blocks: bool
) -> None:
    with built.copy() as spoilt:
        promises = [one for one in landing_promises(spoilt) if one.says == says]
        for change in SPOILT[says]:
            # No update of landed_at: what landed long ago is not forgiven.
            spoilt.databases.execute("analytics", f"UPDATE raw.{table} SET {change}")
            [found] = validate(url(spoilt), promises)
            assert (found.kept, found.promise.blocks) == (False, blocks)
            assert found.unexpected


@pytest.mark.parametrize(("table", "says"), [(table, says) for table, _, says, _ in IMPOSSIBLE])
def test_impossible_rows_are_found_without_reading_the_others(
    built: Built, table: str, says: str
) -> None:
    [promise] = [one for one in landing_promises(built) if one.says == says]
    # As the library asks for the rows of a batch.
    batch = f"(SELECT * FROM raw.{table} WHERE true) AS batch"
    query = promise.arguments["unexpected_rows_query"].format(batch=batch)
    with built.databases.connect("analytics") as connection:
        # Tables of a test are so small that reading them whole is as fast.
        connection.execute("SET enable_seqscan = off")
        rows = connection.execute(f"EXPLAIN {query}").fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert f"ix_{table}_" in plan
    assert "_impossible" in plan
    assert "Filter" not in plan


def test_what_landed_lately_is_found_by_an_index_of_every_landed_table(built: Built) -> None:
    without = built.databases.rows(
        "analytics",
        "SELECT relname FROM pg_class AS it WHERE relnamespace = 'raw'::regnamespace "
        "AND relkind = 'r' AND NOT EXISTS (SELECT FROM pg_indexes WHERE schemaname = 'raw' "
        "AND tablename = it.relname AND indexdef LIKE '%%USING brin (landed_at)%%')",
    )
    assert without == []
