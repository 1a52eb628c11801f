"""Searches and articles, computed by hand from the small world."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.dashboards import small_world
from tests.dashboards.marts import make_marts, report
from tests.dashboards.small_knowledge import ANY, LAPTOP
from tests.dashboards.small_world import AS_OF, MARCH
from warehouse.reports import Filters

IN_MARCH = Filters(since=MARCH[0], until=MARCH[1], grain="month")


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with make_marts(small_world.marts()) as connection:
        yield connection


def test_the_summary_counts_the_period(world: duckdb.DuckDBPyConnection) -> None:
    (row,) = report(world, "knowledge-summary", AS_OF, IN_MARCH)
    assert row == {
        "searches": 4,
        "in_vain_share": 0.5,
        "solved_share": 0.5,  # of what customers searched
        "tickets_ended": 2,
        "with_article_share": 0.5,  # of tickets 1 and 2; ticket 3 is open again
        "articles": 2,
    }


def test_searches_are_counted_by_who_made_them(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "knowledge-searches", AS_OF, IN_MARCH)
    assert {row["asked_by"]: (row["searches"], row["in_vain"]) for row in rows} == {
        "customers": (2, 1),
        "staff": (2, 1),
    }
    assert sum(row["searches"] for row in report(world, "knowledge-searches", AS_OF)) == 5


def test_rates_say_how_sure_they_are(world: duckdb.DuckDBPyConnection) -> None:
    rows = {row["measure"]: row for row in report(world, "knowledge-rates", AS_OF, IN_MARCH)}
    assert {name: (row["share"], row["total"]) for name, row in rows.items()} == {
        "in_vain": (0.5, 4),
        "solved": (0.5, 2),
        "with_article": (0.5, 2),
    }
    # Wilson's interval for 1 of 2.
    assert rows["solved"]["low_share"] == pytest.approx(0.0945, abs=1e-4)
    assert rows["solved"]["high_share"] == pytest.approx(0.9055, abs=1e-4)


def test_uses_are_counted_by_what_the_article_did(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "knowledge-uses", AS_OF, IN_MARCH)
    assert {row["kind"]: row["uses"] for row in rows} == {
        "ended_online": 1,
        "ended_call": 1,
        "resolved": 1,
    }


def test_an_article_is_worth_what_it_did_in_the_period(world: duckdb.DuckDBPyConnection) -> None:
    laptop, any_device = report(world, "knowledge-articles", AS_OF, IN_MARCH)
    assert laptop["article_id"] == str(LAPTOP)
    assert (laptop["ended_online"], laptop["ended_calls"], laptop["resolved"]) == (1, 0, 1)
    assert (laptop["helpful_votes"], laptop["audience"]) == (2, "customers")
    assert any_device["article_id"] == str(ANY)
    assert any_device["article"].startswith("All devices · ")
    only_laptops = Filters(since=MARCH[0], until=MARCH[1], device=("laptop",))
    assert len(report(world, "knowledge-articles", AS_OF, only_laptops)) == 1


def test_an_article_is_missing_where_tickets_are_many_for_those_there(
    world: duckdb.DuckDBPyConnection,
) -> None:
    laptop, tv = report(world, "knowledge-gaps", AS_OF, IN_MARCH)
    # Five tickets and one article; two tickets, and a draft that nobody can read.
    assert (laptop["device"], laptop["tickets"], laptop["articles"]) == ("Laptop", 5, 1)
    assert (laptop["tickets_for_the_next"], laptop["with_article_share"]) == (2.5, 1)
    assert (tv["tickets"], tv["articles"], tv["tickets_for_the_next"]) == (2, 0, 2)
    assert tv["with_article_share"] == 0
