"""The promises about marts: kept by good data, and each kind broken by bad data."""

import re
from pathlib import Path

import pytest

from data_tests import marts
from data_tests.promise import Outcome, Promise
from data_tests.validate import text_columns, validate
from orchestration.publishing.months import written_since
from orchestration.publishing.publish import AuditFailed
from orchestration.quality.assets import MART_WORDS, MONTHS_OF
from tests.warehouse import versions
from tests.warehouse.built import Built
from tests.warehouse.promising import broken, mart_promises, published, url
from warehouse.manifest import Manifest
from warehouse.store import Store


def test_marts_keep_every_promise(built: Built) -> None:
    outcomes = validate(url(built), mart_promises(built, published(built)))
    assert broken(outcomes) == set()
    assert {one.promise.kind for one in outcomes} == {
        "volume", "freshness", "schema", "distribution", "personal_data",
    }  # fmt: skip


def test_columns_that_are_not_searched_for_personal_data_are_held_to_keys_or_listed_values(
    built: Built,
) -> None:
    all_words = text_columns(url(built), "marts")
    held = built.databases.rows(
        "analytics",
        "SELECT relname, attname FROM pg_constraint JOIN pg_class AS it ON it.oid = conrelid "
        "JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey) "
        "WHERE relnamespace = 'marts'::regnamespace "
        "AND (contype = 'p' OR pg_get_constraintdef(pg_constraint.oid) LIKE '%%ANY (ARRAY[%%')",
    )
    skipped = {
        (mart, column)
        for mart, columns in all_words.items()
        for column in columns
        if column not in MART_WORDS.get(mart, ())
    }
    assert ("fct_ticket_event", "action") in skipped
    assert skipped <= set(held)


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
        assert set(written_since(version, url(spoilt), MONTHS_OF).values()) == {"false"}
        spoilt.databases.execute("analytics", versions.UNSEEN.format(spoil.format("max")))
        assert hits() == []
        spoilt.databases.execute("analytics", spoil.format("min"))
        [[rows]] = spoilt.databases.rows(
            "analytics",
            "SELECT count(*) FROM marts.fct_invoice_line WHERE description = 'jo@example.com' "
            "AND period_start = (SELECT min(period_start) FROM marts.fct_invoice_line)",
        )
        assert hits() == [rows]


NEWEST = "(SELECT max(month_start) FROM marts.fct_contract_month)"
OLD = f"UPDATE marts.fct_contract_month SET mrr_cents = -1 WHERE month_start < {NEWEST}"
NEW = f"UPDATE marts.fct_contract_month SET mrr_cents = mrr_cents WHERE month_start = {NEWEST}"


def what_breaks(built: Built, version: Manifest) -> set[tuple[str, str, bool]]:
    """Of the contracts' months, against a version."""
    promises = mart_promises(built, version, written_since(version, url(built), MONTHS_OF))
    those = [one for one in promises if one.table == "marts.fct_contract_month"]
    assert {one.kind for one in those} == {"volume", "schema", "distribution", "personal_data"}
    return broken(validate(url(built), those))


def test_rows_of_a_version_are_not_looked_at_for_what_is_impossible_again(
    built: Built, tmp_path: Path
) -> None:
    impossible = {("marts.fct_contract_month", "distribution", True)}
    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        spoilt.databases.execute("analytics", versions.UNSEEN.format(OLD))
        assert what_breaks(spoilt, version) == set()
        spoilt.databases.execute("analytics", NEW)
        assert what_breaks(spoilt, version) == set()
        spoilt.databases.execute("analytics", OLD)
        assert what_breaks(spoilt, version) == impossible


def test_where_stamps_were_taken_away_all_is_looked_at(built: Built, tmp_path: Path) -> None:
    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        spoilt.databases.execute("analytics", versions.UNSEEN.format(OLD))
        spoilt.databases.execute("analytics", "DELETE FROM landing.mart_month")
        # As a build, which stamps the months that it touches.
        spoilt.databases.execute("analytics", NEW)
        assert what_breaks(spoilt, version) == {("marts.fct_contract_month", "distribution", True)}


def test_a_mart_that_was_emptied_where_no_trigger_tells_of_it_blocks(
    built: Built, tmp_path: Path
) -> None:
    with built.copy() as spoilt:
        version = versions.published(spoilt, tmp_path).manifest
        spoilt.databases.execute("analytics", "TRUNCATE marts.fct_contract_month")
        assert what_breaks(spoilt, version) == {
            ("marts.fct_contract_month", "volume", True),
            ("marts.fct_contract_month", "volume", False),
        }


@pytest.mark.parametrize("mart", marts.IMPOSSIBLE)
def test_no_version_is_written_with_what_is_impossible_whoever_looked_before(
    built: Built, tmp_path: Path, mart: str
) -> None:
    condition, says = marts.IMPOSSIBLE[mart]
    column = condition.split()[0]
    with built.copy() as spoilt:
        first = versions.published(spoilt, tmp_path, 1).manifest
        spoilt.databases.execute("analytics", f"UPDATE marts.{mart} SET {column} = -1")
        with pytest.raises(AuditFailed, match=f"^{mart}: .*{re.escape(says)}"):
            versions.published(spoilt, tmp_path, 2)
    assert Store(tmp_path).current() == first.version


def test_what_is_usual_is_asked_of_the_last_ninety_days(built: Built) -> None:
    def unusual() -> list[Outcome]:
        promises = [one for one in mart_promises(spoilt) if "90 days" in one.says]
        assert len(promises) == len(marts.USUAL)
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


def test_a_measure_that_none_of_many_rows_has_is_unusual(built: Built) -> None:
    with built.copy() as spoilt:
        spoilt.databases.execute(
            "analytics",
            "UPDATE marts.fct_ticket SET submitted_at = now(), minutes_to_assign = NULL, "
            "minutes_to_resolve = 60",
        )
        promises = [one for one in mart_promises(spoilt) if one.table == "marts.fct_ticket"]
        outcomes = validate(url(spoilt), promises)
    [hit] = [one for one in outcomes if not one.kept]
    assert "minutes_to_assign" in hit.promise.says


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
