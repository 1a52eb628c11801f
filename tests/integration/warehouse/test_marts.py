"""The marts: built on two engines, equal on both, and equal to their sources."""

import json
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from adbc_driver_postgresql import dbapi

from orchestration.transforms import dbt, on_duckdb, project
from tests.integration.warehouse.conftest import target_path
from tests.warehouse.built import Built, bad

WANTED = {
    "dim_article", "dim_customer", "dim_date", "dim_device_type", "dim_expert",
    "dim_landed_table", "dim_location", "dim_support_plan", "dim_ticket_type", "fct_article_use",
    "fct_assignment", "fct_assignment_run", "fct_chargeback", "fct_contract_month",
    "fct_credit_note", "fct_invoice", "fct_invoice_line", "fct_ledger_entry", "fct_payment",
    "fct_refund", "fct_search", "fct_survey", "fct_survey_choice", "fct_survey_response",
    "fct_ticket", "fct_ticket_event", "fct_ticket_interval", "fct_visit",
}  # fmt: skip
CHOSEN = "SELECT status, {}, {}, count(*) FROM {} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
ARTICLES = "SELECT count(*) FILTER (WHERE {}) FROM {} UNION ALL SELECT count(*) FROM {}"
TICKETS = "marts.fct_article_use WHERE kind = 'resolved'"
CHOICES = "SELECT question, choice, count(*), sum(score) FROM {} GROUP BY 1, 2 ORDER BY 1, 2"


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    """The project as dbt understands it."""
    built.dbt("compile", "--select", "dim_date", "--write-json")
    found: dict[str, Any] = json.loads((built.target_path / "manifest.json").read_text())
    return found


def test_every_model_builds_and_every_test_passes(built: Built) -> None:
    assert bad(built.results) == {}
    assert set(built.marts) == WANTED


def test_the_unit_tests_of_money_windows_and_clocks_pass(built: Built) -> None:
    results = built.dbt("test", "--select", "test_type:unit")
    assert bad(results) == {}
    assert len(results) >= 12


def test_no_mart_is_empty(built: Built) -> None:
    for mart in built.marts:
        assert built.databases.rows("analytics", f"SELECT count(*) FROM marts.{mart}") > [(0,)]


def test_duckdb_builds_the_same_marts_from_parquet(
    built: Built, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = built.databases.url("analytics")
    database = tmp_path / "warehouse.duckdb"
    target = target_path(tmp_path_factory, "duckdb")
    files = on_duckdb.land(url, tmp_path)
    assert bad(on_duckdb.build(files, database, target)) == {}
    unit = dbt.run(["test", "--select", "test_type:unit"], dbt.duckdb(database), target_path=target)
    assert bad(unit) == {}
    with dbapi.connect(url) as connection, duckdb.connect(str(database)) as other:
        differing = {mart: differences(connection, other, mart) for mart in built.marts}
    assert {mart: rows for mart, rows in differing.items() if rows} == {}


def differences(
    postgres: dbapi.Connection, other: duckdb.DuckDBPyConnection, mart: str
) -> list[Any]:
    """Rows that one engine's mart has and the other's has not."""
    with postgres.cursor() as cursor:
        cursor.execute(f"SELECT * FROM marts.{mart}")
        other.register("from_postgres", cursor.fetch_arrow_table())
    return other.execute(
        f"(FROM from_postgres EXCEPT ALL FROM marts.{mart}) "
        f"UNION ALL (FROM marts.{mart} EXCEPT ALL FROM from_postgres)"
    ).fetchall()


@pytest.mark.parametrize(
    ("database", "of_source", "of_mart"),
    [
        (
            "sysops",
            "SELECT status, count(*) FROM ticket GROUP BY 1 ORDER BY 1",
            "SELECT status, count(*) FROM marts.fct_ticket WHERE version > 0 GROUP BY 1 ORDER BY 1",
        ),
        (
            "sysops",
            CHOSEN.format("replace(source, 'manual', 'by_hand')", "pinned", "assignment"),
            CHOSEN.format("source", "is_pinned", "marts.fct_assignment"),
        ),
        (
            "sysops",
            "SELECT asked_by, count(*), sum(results) FROM article_query GROUP BY 1 ORDER BY 1",
            "SELECT asked_by, count(*), sum(results) FROM marts.fct_search GROUP BY 1 ORDER BY 1",
        ),
        (
            "sysops",
            ARTICLES.format("(helpful)", "article_vote", "article_link"),
            ARTICLES.format("(helpful_votes > 0)", "marts.dim_article", TICKETS),
        ),
        (
            "customer",
            "SELECT count(*), sum(score) FROM survey WHERE score IS NOT NULL",
            "SELECT count(*), sum(score) FROM marts.fct_survey_response",
        ),
        (
            "analytics",
            CHOICES.format("survey_choice JOIN survey_response USING (survey_id)"),
            CHOICES.format("marts.fct_survey_choice"),
        ),
        (
            "billing",
            "SELECT status, sum(total_cents) FROM invoice GROUP BY 1 ORDER BY 1",
            "SELECT status, sum(total_cents) FROM marts.fct_invoice GROUP BY 1 ORDER BY 1",
        ),
        (
            "billing",
            "SELECT account, sum(amount_cents) FROM ledger_entry GROUP BY 1 ORDER BY 1",
            "SELECT account, sum(amount_cents) FROM marts.fct_ledger_entry GROUP BY 1 ORDER BY 1",
        ),
    ],
    ids=[
        "tickets",
        "assignments",
        "searches",
        "articles",
        "surveys",
        "choices",
        "invoices",
        "ledger",
    ],
)
def test_marts_count_what_the_source_database_has(
    built: Built, database: str, of_source: str, of_mart: str
) -> None:
    expected = built.databases.rows(database, of_source)
    assert expected
    assert built.databases.rows("analytics", of_mart) == expected


def test_every_column_of_a_mart_is_documented(manifest: dict[str, Any]) -> None:
    undocumented = [
        f"{model['name']}.{column['name']}"
        for model in manifest["nodes"].values()
        if model["resource_type"] == "model" and model["schema"] == "marts"
        for column in model["columns"].values()
        if not column["description"]
    ]
    assert undocumented == []


def test_every_model_says_its_grain(manifest: dict[str, Any]) -> None:
    for model in manifest["nodes"].values():
        if model["resource_type"] == "model":
            assert model["description"].startswith("One row"), model["name"]


@pytest.mark.parametrize("role", ["publisher", "analytics_api", "warehouse_loader"])
def test_only_the_transformer_writes_marts(built: Built, role: str) -> None:
    with (
        built.databases.connect("analytics", role) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM marts.fct_ticket")


def test_the_publisher_reads_marts_and_nothing_of_the_sources(built: Built) -> None:
    with built.databases.connect("analytics", "publisher") as connection:
        assert connection.execute("SELECT count(*) FROM marts.fct_ticket").fetchone() == (250,)
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        built.databases.connect("sysops", "publisher")


def test_the_transformer_cannot_change_what_landed(built: Built) -> None:
    with (
        built.databases.connect("analytics", "transformer") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("DELETE FROM raw.sysops__ticket")


def test_the_project_read_from_its_files_is_what_dbt_makes_of_it(
    manifest: dict[str, Any],
) -> None:
    by_id = {**manifest["nodes"], **manifest["sources"]}
    ours = project.load()
    for node in manifest["nodes"].values():
        if node["resource_type"] in {"model", "seed"}:
            model = ours.models[node["name"]]
            parents = [by_id[one] for one in node["depends_on"].get("nodes", [])]
            assert (model.layer, model.description) == (node["schema"], node["description"])
            assert model.is_table == (node["config"]["materialized"] in {"table", "incremental"})
            assert bool(model.entity) == (node["config"]["materialized"] == "incremental")
            assert {*model.models} == {
                one["name"] for one in parents if one["resource_type"] != "source"
            }
            assert {*model.sources} == {
                (one["source_name"], one["name"])
                for one in parents
                if one["resource_type"] == "source"
            }
    assert len(ours.models) == sum(
        node["resource_type"] in {"model", "seed"} for node in manifest["nodes"].values()
    )


def test_every_test_of_the_project_has_its_result_under_its_own_name(
    built: Built, manifest: dict[str, Any]
) -> None:
    results = {(one.name, one.model or ""): one for one in built.results if one.is_test}
    tests = {(test.name, test.model): test for test in project.load().tests}
    assert results.keys() == tests.keys()
    severities = {
        node["unique_id"]: node["config"]["severity"].lower()
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    for place, one in results.items():
        assert tests[place].blocks == (severities[one.unique_id] == "error")


def test_no_view_stands_on_a_table_that_is_made_anew() -> None:
    """dbt replaces a table by dropping the old one, and with it every view on it."""
    models = project.load().models
    assert [
        (model.name, name)
        for model in models.values()
        if not model.is_table
        for name in model.models
        if models[name].is_table
    ] == []


def test_a_second_build_makes_no_view_again_and_gives_the_same_marts(built: Built) -> None:
    # In the same database, and compared with a copy: for another, dbt parses its project again.
    with built.copy() as before:
        results = built.build_marts()
        assert bad(results) == {}
        made = {one.name for one in results if one.is_model}
        assert made == {name for name, one in project.load().models.items() if one.is_table}
        for mart in built.marts:
            query = f"SELECT count(*), min(t::text), max(t::text) FROM marts.{mart} AS t"
            rows = before.databases.rows("analytics", query)
            assert built.databases.rows("analytics", query) == rows
