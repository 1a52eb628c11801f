"""The page Trust: what a version rests on, told from its manifest."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import evidence
from dashboards.session import PAGES_OF_ROLE
from tests.dashboards import small_world
from tests.dashboards.conftest import Opener, token
from tests.dashboards.publishing import hold_back, publish
from tests.dashboards.small_world import AS_OF
from tests.dashboards.test_pages import figures, texts
from warehouse.manifest import Check, Pin
from warehouse.reports.definitions import definitions
from warehouse.store import Store

CHECKS = [
    Check("landing/sysops", "border_promises", passed=True, severity="block"),
    Check("marts/fct_ticket", "border_promises", passed=False, severity="warn",
          detail="volume: fewer rows than before", failed=3),
    Check("marts/fct_ticket", "dbt_tests", passed=True, severity="block"),
    Check("marts/fct_visit", "dbt_tests", passed=False, severity="block", failed=2),
]  # fmt: skip
LATER = AS_OF + timedelta(minutes=5)


@pytest.fixture
def versions(warehouse: Path) -> Store:
    """Two versions; the later one has one ticket more, checks, and tells what marts rest on."""
    rows = small_world.marts()
    publish(warehouse, {**rows, "fct_ticket": rows["fct_ticket"][1:]}, AS_OF)
    store = publish(warehouse, rows, LATER)
    shown = store.manifest(store.current() or "")
    tables = {
        name: msgspec.structs.replace(table, grain=f"One row a {name}.", sources=sources)
        for name, table in shown.tables.items()
        for sources in [{"fct_visit": ["sysops.assignment"],
                         "fct_ticket": ["sysops.ticket", "customer.ticket"]}.get(name, [])]
    }  # fmt: skip
    store.add_version(msgspec.structs.replace(shown, tables=tables, checks=CHECKS))
    return store


def table(app: AppTest, column: str) -> list[dict[Any, Any]]:
    """The rows of the one table that has this column."""
    (found,) = [one.value for one in app.dataframe if column in one.value]
    return [dict(row) for row in found.to_dict("records")]


@pytest.mark.usefixtures("versions")
def test_the_banner_says_which_version_it_is_and_what_speaks_against_it(page: Opener) -> None:
    app = page("trust")
    assert figures(app) == {
        "Checks passed": "2 of 4",
        "Warnings": "1",
        "Rows": f"{sum(len(rows) for rows in small_world.marts().values())}",
        "Versions kept": "2",
    }
    said = texts(app)
    assert "Version `20260331T120500Z` was published Mar 31, 2026, 12:05 UTC" in said
    assert "[this run](http://127.0.0.1:3000/runs/a%20run)" in said
    assert "No later build was held back. It was not chosen by hand." in said


def test_a_held_back_build_and_a_pin_are_told_with_the_reason(
    page: Opener, versions: Store
) -> None:
    versions.set_pin(Pin(versions.current() or "", LATER, "Refunds were counted twice."))
    hold_back(versions.folder, LATER + timedelta(minutes=5), "3 totals differ")
    said = texts(page("trust"))
    assert "**A later build was held back** (Mar 31, 2026, 12:10 UTC)" in said
    assert "3 totals differ" in said
    assert "by [another run](http://127.0.0.1:3000/runs/a%20later%20run). It was chosen" in said
    assert "Refunds were counted twice." in said


@pytest.mark.usefixtures("versions")
def test_a_dataset_tells_its_grain_volume_freshness_checks_and_asset(page: Opener) -> None:
    by_name = {row["dataset"]: row for row in table(page("trust"), "grain")}
    ticket, visit = by_name["fct_ticket"], by_name["fct_visit"]
    assert (ticket["rows"], ticket["change"], ticket["files"]) == (7, 1, 1)
    # As of the table behind it that is furthest behind.
    assert ticket["fresh_at"] == AS_OF
    assert visit["fresh_at"] == AS_OF + timedelta(minutes=3)
    assert ticket["grain"] == "One row a fct_ticket."
    assert ticket["checks"] == "▲ Warning: 1 of 2"
    assert visit["checks"] == "✖ Failed: 1 of 1"
    assert by_name["dim_expert"]["checks"] == "No check"
    assert ticket["asset"] == "http://127.0.0.1:3000/assets/marts/fct_ticket"


@pytest.mark.usefixtures("versions")
def test_what_failed_comes_first_with_its_rows(page: Opener) -> None:
    rows = table(page("trust"), "failing_rows")
    assert [(row["state"], row["asset"]) for row in rows] == [
        ("✖ Failed", "marts/fct_visit"),
        ("▲ Warning", "marts/fct_ticket"),
        ("✔ Passed", "landing/sysops"),
        ("✔ Passed", "marts/fct_ticket"),
    ]
    assert [row["failing_rows"] for row in rows[:2]] == [2, 3]
    assert rows[1]["detail"] == "volume: fewer rows than before"


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"asset": "marts/fct_ticket"}, ["border promises", "dbt tests"]),
        ({"checks": "Warning"}, ["border promises"]),
        ({"asset": "marts/fct_ticket", "checks": "Passed"}, ["dbt tests"]),
    ],
)
def test_checks_are_narrowed_by_the_address(
    page: Opener, query: dict[str, str], kept: list[str]
) -> None:
    rows = table(page("trust", **query), "failing_rows")
    assert [row["check"] for row in rows] == kept


@pytest.mark.usefixtures("versions")
def test_a_filter_that_leaves_no_check_says_so(page: Opener) -> None:
    app = page("trust", asset="landing/sysops", checks="Failed")
    assert "No check is in this state here." in texts(app)


def test_builds_are_the_versions_kept_and_what_was_held_back(page: Opener, versions: Store) -> None:
    hold_back(versions.folder, AS_OF + timedelta(minutes=2), "fct_visit is stale", "and more")
    versions.clear_held_back()
    rows = table(page("trust"), "built_at")
    assert [row["state"] for row in rows] == ["✔ Shown", "✖ Held back", "Kept"]
    assert rows[1]["reason"] == "fct_visit is stale; and more"
    assert rows[0]["checks"] == "✖ Failed: 1 of 4"
    assert rows[0]["rows"] > rows[2]["rows"]


def test_every_metric_has_datasets_and_is_found_by_its_words(versions: Store) -> None:
    shown = versions.manifest(versions.current() or "")
    metrics = evidence.metrics(shown)
    assert [metric.definition for metric in metrics] == list(definitions().values())
    for metric in metrics:
        assert set(metric.marts) <= shown.tables.keys()
        assert metric.marts or metric.definition.anchor == "interval"
        words = f"{metric.definition.title.upper()}  {' '.join(metric.marts)}"
        assert evidence.matching([metric], words) == [metric]


@pytest.mark.usefixtures("versions")
def test_a_metric_in_the_address_is_told_with_its_reports_datasets_and_checks(
    page: Opener,
) -> None:
    app = page("trust", metric="SLA attainment")
    assert [one.value for one in app.subheader] == ["SLA attainment"]
    said = texts(app)
    assert "**Shown in:** This week against last (Overview)" in said
    assert "**Datasets:** [fct_ticket](http://127.0.0.1:3000/assets/marts/fct_ticket)" in said
    assert "**Their checks:** ▲ Warning: 1 of 2" in said
    assert [link.proto.label for link in app.get("page_link")] == ["Overview", "Ticketing"]


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("words", "first"), [("wrong EXPERT", "Wrong expert"), ("ledger debit", "Ledger")]
)
def test_metrics_are_searched_by_their_words(page: Opener, words: str, first: str) -> None:
    rows = table(page("trust", search=words), "words")
    assert first in [row["metric"] for row in rows]
    assert len(rows) < len(definitions())
    assert all(str(row["address"]).startswith("trust?metric=") for row in rows)


@pytest.mark.usefixtures("versions")
def test_a_search_without_a_hit_says_so(page: Opener) -> None:
    assert "No metric has these words." in texts(page("trust", search="unicorns"))


@pytest.mark.usefixtures("published")
def test_a_version_without_checks_grains_or_history_says_what_it_does_not_know(
    page: Opener,
) -> None:
    app = page("trust")
    assert figures(app)["Checks passed"] == "0 of 0"
    assert "published without a check" in texts(app)
    assert "No version before this one is kept" in texts(app)
    assert all(row["checks"] == "No check" for row in table(app, "grain"))


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize("role", PAGES_OF_ROLE)
def test_whoever_sees_a_report_sees_what_it_rests_on(page: Opener, role: str) -> None:
    app = page("trust", token(role), metric="MRR")
    assert [one.value for one in app.title] == ["Trust"]
    assert [link.proto.label for link in app.get("page_link")] == ["Finance"]
