"""Reports rest on what the marts promise, and every number has its words."""

import re
from datetime import date

import pytest

from tests.dashboards.marts import contracts, make_marts, utc
from warehouse import reports
from warehouse.macros import FOLDER
from warehouse.reports import REPORTS, Filters, Report, define
from warehouse.reports.definitions import definitions
from warehouse.reports.filters import READERS, InvalidFilters, parse

NOW = utc("2026-03-31 12:00")
COLUMN = re.compile(r"`(?:(?P<mart>(?:fct|dim)_\w+)\.)?(?P<column>\w+)`")


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_report_reads_only_what_the_marts_promise_and_bears_that_they_are_empty(
    report: Report,
) -> None:
    with make_marts({}) as connection:
        table = reports.run(connection, report, Filters(), NOW)
    assert set(report.marts) <= contracts().keys()
    assert report.marts
    assert report.filters <= READERS.keys()
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))


def test_every_sql_file_is_a_report() -> None:
    files = {
        f"{path.parent.name}-{path.stem.replace('_', '-')}"
        for path in FOLDER.glob("*/*.sql")
        if path.parent.name != "macros"
    }
    assert files == {report.name for report in REPORTS}


def test_every_report_has_its_definitions_and_every_definition_its_report() -> None:
    used = {define(anchor).anchor for report in REPORTS for anchor in report.definitions}
    assert used | {"age", "interval", "reason"} == definitions().keys()


@pytest.mark.parametrize("definition", definitions().values(), ids=lambda one: one.anchor)
def test_a_definition_names_columns_that_the_marts_have(definition: reports.Definition) -> None:
    _, _, named = definition.words.rpartition("Column")
    mart = ""
    for found in COLUMN.finditer(named):
        mart = found["mart"] or mart
        assert found["column"] in contracts()[mart], f"{mart}.{found['column']}"


def test_filters_come_from_the_words_of_a_query() -> None:
    asked = {"region": ["South", "West", "South", ""], "since": ["2026-03-01"], "limit": ["5"]}
    filters = parse(asked, READERS)
    assert filters == Filters(region=("South", "West"), since=date(2026, 3, 1), limit=5)


def test_every_wrong_filter_is_named() -> None:
    asked = {
        "since": ["yesterday"],
        "grain": ["hour"],
        "expert": ["eve"],
        "limit": ["0"],
        "colour": ["red"],
    }
    with pytest.raises(InvalidFilters) as refused:
        parse(asked, READERS)
    assert {error.parameter for error in refused.value.errors} == asked.keys()


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InvalidFilters, match="ends before it begins"):
        parse({"since": ["2026-03-02"], "until": ["2026-03-01"]}, READERS)
