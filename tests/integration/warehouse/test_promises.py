"""The promises at the borders: kept by good data, and each kind broken by bad data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_tests import marts
from data_tests.landing import IMPOSSIBLE
from data_tests.marts import Unpublished
from data_tests.promise import Outcome, Promise
from data_tests.validate import text_columns, validate
from orchestration.publishing.months import written_since
from orchestration.quality.assets import MONTHS_OF, promises_at_landing
from tests.warehouse import versions
from tests.warehouse.built import Built
from warehouse.manifest import Manifest, Table


def url(built: Built) -> str:
    return built.databases.url("analytics", "publisher")


def landing_promises(built: Built) -> list[Promise]:
    return promises_at_landing(url(built))


def mart_promises(
    built: Built,
    published: Manifest | None = None,
    unpublished: Mapping[str, Unpublished] | None = None,
) -> list[Promise]:
    words = text_columns(url(built), "marts")
    return marts.promises(datetime.now(UTC), words, published, unpublished or {})


def published(built: Built, times: float = 1) -> Manifest:
    """A published version with the columns of the marts, and as many rows times `times`."""
    tables = {}
    for mart in built.marts:
        [[rows]] = built.databases.rows("analytics", f"SELECT count(*) FROM marts.{mart}")
        columns = built.databases.rows(
            "analytics",
            "SELECT attname, 'text' FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
            f"marts.{mart}",
        )
        tables[mart] = Table(int(rows * times), dict(columns), [])
    now = datetime.now(UTC)
    return Manifest("v", "run", now, now, tables)


def broken(outcomes: list[Outcome]) -> set[tuple[str, str, bool]]:
    """Table and kind of each broken promise, and whether it holds publishing back."""
    return {
        (one.promise.table, one.promise.kind, one.promise.blocks)
        for one in outcomes
        if not one.kept
    }


def test_landed_rows_keep_every_promise(built: Built) -> None:
    outcomes = validate(url(built), landing_promises(built))
    assert broken(outcomes) == set()
    assert {one.promise.kind for one in outcomes} == {
        "volume", "freshness", "schema", "distribution", "personal_data",
    }  # fmt: skip


def test_marts_keep_every_promise(built: Built) -> None:
    outcomes = validate(url(built), mart_promises(built, published(built)))
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
    ("customer__survey", "score < 1 OR score > 5"): "score = 0 WHERE score IS NOT NULL",
    ("customer__survey", "would_recommend < 0 OR would_recommend > 10"): (
        "would_recommend = 11 WHERE would_recommend IS NOT NULL"
    ),
    ("sysops__assignment", "travel_km < 0 OR travel_km > 1000"): "travel_km = 'NaN'",
    ("sysops__assignment", "during_end <= during_start"): "during_end = during_start",
    ("sysops__ticket", "sla_due_at <= submitted_at"): (
        "sla_due_at = submitted_at - interval '1 hour'"
    ),
    ("sysops__ticket", "time_zone IS NULL"): "time_zone = NULL",
    ("customer__address", "time_zone IS NULL"): "time_zone = NULL",
    ("customer__address", "zip !~ '^[0-9]{5}$'"): "zip = '1234'",
    ("billing__payment", "amount_cents < 1 OR amount_cents > 10000000"): "amount_cents = 0",
    ("billing__invoice", "total_cents < 0 OR total_cents > 10000000"): "total_cents = -1",
}


@pytest.mark.parametrize(("table", "condition", "says", "blocks"), IMPOSSIBLE)
def test_an_impossible_row_that_landed_is_found_however_long_ago_that_was(
    built: Built, table: str, condition: str, says: str, blocks: bool
) -> None:
    with built.copy() as spoilt:
        spoilt.databases.execute(
            "analytics", f"UPDATE raw.{table} SET {SPOILT[(table, condition)]}"
        )
        # No update of landed_at: what landed long ago is not forgiven.
        promises = [one for one in landing_promises(spoilt) if one.says == says]
        [found] = validate(url(spoilt), promises)
    assert (found.kept, found.promise.blocks) == (False, blocks)
    assert found.unexpected


@pytest.mark.parametrize(("table", "condition", "says", "blocks"), IMPOSSIBLE)
def test_impossible_rows_are_found_without_reading_the_others(
    built: Built, table: str, condition: str, says: str, blocks: bool
) -> None:
    with built.databases.connect("analytics") as connection:
        # Tables of a test are so small that reading them whole is as fast.
        connection.execute("SET enable_seqscan = off")
        rows = connection.execute(f"EXPLAIN SELECT FROM raw.{table} WHERE {condition}").fetchall()
    plan = "\n".join(row[0] for row in rows)
    assert f"ix_{table}_" in plan
    assert "_impossible" in plan
    assert "Filter" not in plan


def test_each_kind_of_promise_about_marts_can_be_broken(built: Built) -> None:
    before = published(built)
    with built.copy() as spoilt:
        for statement in (
            "DELETE FROM marts.fct_payment",
            "UPDATE marts.fct_invoice_line SET description = 'card 4111 1111 1111 1111'",
            "UPDATE marts.dim_landed_table SET as_of = as_of - interval '1 hour'",
            "ALTER TABLE marts.dim_expert DROP COLUMN skills",
            "UPDATE marts.fct_survey_response SET score = 1",
            "UPDATE marts.fct_contract_month SET mrr_cents = -1",
        ):
            spoilt.databases.execute("analytics", statement)
        outcomes = validate(url(spoilt), mart_promises(spoilt, before))
    assert broken(outcomes) == {
        ("marts.fct_payment", "volume", True),
        ("marts.fct_payment", "volume", False),
        ("marts.fct_invoice_line", "personal_data", True),
        ("marts.dim_landed_table", "freshness", False),
        ("marts.dim_expert", "schema", True),
        ("marts.fct_survey_response", "distribution", False),
        ("marts.fct_contract_month", "distribution", True),
    }


def test_what_was_found_is_counted_and_not_shown(built: Built) -> None:
    with built.copy() as spoilt:
        spoilt.databases.execute(
            "analytics", "UPDATE marts.fct_invoice_line SET description = 'jo@example.com'"
        )
        promises = [one for one in mart_promises(spoilt) if one.table == "marts.fct_invoice_line"]
        [hit] = [one for one in validate(url(spoilt), promises) if not one.kept]
    assert hit.unexpected
    assert "jo@" not in repr(hit)


def test_months_of_a_version_are_not_looked_at_for_personal_data_again(
    built: Built, tmp_path: Path
) -> None:
    spoil = (
        "UPDATE marts.fct_invoice_line SET description = 'jo@example.com' "
        "WHERE period_start = (SELECT {}(period_start) FROM marts.fct_invoice_line)"
    )

    def hits() -> list[int | None]:
        unpublished = written_since(version, url(spoilt), MONTHS_OF)
        promises = [
            one for one in mart_promises(spoilt, None, unpublished) if one.kind == "personal_data"
        ]
        assert {one.table for one in promises} >= {"marts.fct_invoice_line", "marts.dim_expert"}
        return [one.unexpected for one in validate(url(spoilt), promises) if not one.kept]

    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        since = written_since(version, url(spoilt), MONTHS_OF)
        assert {one.condition for one in since.values()} == {"false"}
        assert {mart: one.kept for mart, one in since.items()} == {
            mart: version.tables[mart].rows for mart in since
        }
        spoilt.databases.execute("analytics", versions.UNSEEN.format(spoil.format("max")))
        assert hits() == []
        spoilt.databases.execute("analytics", spoil.format("min"))
        [[rows]] = spoilt.databases.rows(
            "analytics",
            "SELECT count(*) FROM marts.fct_invoice_line WHERE description = 'jo@example.com' "
            "AND period_start = (SELECT min(period_start) FROM marts.fct_invoice_line)",
        )
        assert hits() == [rows]


def test_rows_of_a_version_are_neither_counted_nor_looked_at_again(
    built: Built, tmp_path: Path
) -> None:
    newest = "(SELECT max(month_start) FROM marts.fct_contract_month)"

    def what_breaks() -> set[tuple[str, str, bool]]:
        unpublished = written_since(version, url(spoilt), MONTHS_OF)
        promises = [
            one
            for one in mart_promises(spoilt, version, unpublished)
            if one.table == "marts.fct_contract_month" and one.blocks and one.kind != "schema"
        ]
        assert {one.kind for one in promises} == {"volume", "distribution", "personal_data"}
        return broken(validate(url(spoilt), promises))

    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        for unseen in (
            f"UPDATE marts.fct_contract_month SET mrr_cents = -1 WHERE month_start = {newest}",
            f"DELETE FROM marts.fct_contract_month WHERE month_start < {newest}",
        ):
            spoilt.databases.execute("analytics", versions.UNSEEN.format(unseen))
        assert what_breaks() == set()
        spoilt.databases.execute(
            "analytics", f"DELETE FROM marts.fct_contract_month WHERE month_start < {newest}"
        )
        assert what_breaks() == set()
        spoilt.databases.execute(
            "analytics",
            f"UPDATE marts.fct_contract_month SET mrr_cents = -2 WHERE month_start = {newest}",
        )
        assert what_breaks() == {("marts.fct_contract_month", "distribution", True)}


def test_a_month_that_loses_most_of_a_mart_is_noticed_beside_those_that_are_not_counted(
    built: Built, tmp_path: Path
) -> None:
    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        months = version.tables["fct_contract_month"].files
        least = 0.5 * version.tables["fct_contract_month"].rows
        kept, gone = version.tables["fct_contract_month"].rows, []
        for file in months[:-1]:
            if kept > least:
                kept -= file.rows
                gone.append(f"'{file.partition}-01'")
        assert kept > 0
        spoilt.databases.execute(
            "analytics",
            f"DELETE FROM marts.fct_contract_month WHERE month_start IN ({', '.join(gone)})",
        )
        since = written_since(version, url(spoilt), MONTHS_OF)
        promises = [one for one in mart_promises(spoilt, version, since) if one.kind == "volume"]
        outcomes = validate(url(spoilt), promises)
    assert broken(outcomes) == {
        ("marts.fct_contract_month", "volume", True),
        ("marts.fct_contract_month", "volume", False),
    }


def test_what_is_usual_is_asked_of_the_last_ninety_days(built: Built) -> None:
    def unusual() -> list[Outcome]:
        promises = [one for one in mart_promises(spoilt) if one.since]
        return [one for one in validate(url(spoilt), promises) if not one.kept]

    with built.copy() as spoilt:
        spoilt.databases.execute(
            "analytics",
            "UPDATE marts.fct_survey_response SET score = 1 "
            "WHERE answered_at < now() - interval '91 days'",
        )
        assert unusual() == []
        spoilt.databases.execute(
            "analytics",
            "UPDATE marts.fct_survey_response SET score = 1 "
            "WHERE answered_at >= now() - interval '91 days'",
        )
        [one] = unusual()
        assert (one.promise.table, one.promise.blocks) == ("marts.fct_survey_response", False)
        spoilt.databases.execute(
            "analytics",
            "DELETE FROM marts.fct_survey_response WHERE answered_at >= now() - interval '91 days'",
        )
        # Nobody answered lately: that is no answer of 0.
        assert unusual() == []


@pytest.mark.parametrize(("times", "what_it_does"), [(1.5, {False}), (3, {False, True})])
def test_losing_some_rows_warns_and_losing_most_blocks(
    built: Built, times: float, what_it_does: set[bool]
) -> None:
    promises = [
        one for one in mart_promises(built, published(built, times)) if one.kind == "volume"
    ]
    outcomes = validate(url(built), promises)
    assert {blocks for _, _, blocks in broken(outcomes)} == what_it_does


def test_months_are_those_of_utc_whatever_the_database_takes_for_its_time_zone(
    built: Built,
) -> None:
    elsewhere = Promise(
        "raw.sysops__skill", "distribution", "UnexpectedRowsExpectation",
        {
            "unexpected_rows_query":
            "SELECT 1 AS found FROM {batch} WHERE current_setting('timezone') <> 'UTC'"
        },
    )  # fmt: skip
    with built.copy() as one:
        [[name]] = one.databases.rows("analytics", "SELECT current_database()")
        one.databases.execute(
            "analytics", f"ALTER DATABASE \"{name}\" SET timezone = 'America/Chicago'"
        )
        [outcome] = validate(url(one), [elsewhere])
    assert outcome.kept


def test_a_promise_that_cannot_be_looked_at_is_an_error(built: Built) -> None:
    promise = Promise(
        "raw.sysops__skill",
        "distribution",
        "ExpectColumnMeanToBeBetween",
        {"column": "no_such_column", "min_value": 0},
    )
    with pytest.raises(ValueError, match="no_such_column"):
        validate(url(built), [promise])
