"""Operations and ticketing, computed by hand from the small world."""

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dashboards import small_world
from tests.dashboards.marts import make_marts, report
from tests.dashboards.small_world import AS_OF, MARCH
from warehouse.macros import macros_for
from warehouse.reports import Filters

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with make_marts(small_world.marts()) as connection:
        yield connection


def test_the_summary_counts_what_is_open_late_and_waiting(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = report(world, "operations-summary", AS_OF)
    assert row == {
        "open_tickets": 4,
        "unassigned": 2,
        "escalated": 0,
        "overdue": 1,
        "at_risk": 2,
        "visits_today": 1,
        "visits_done": 0,
        "visits_late": 0,
        "proposals_waiting": 1,
        "proposals_overdue": 1,
        "submitted_24h": 3,
        "resolved_24h": 0,
    }


def test_the_backlog_counts_open_tickets_by_state_and_age(
    world: duckdb.DuckDBPyConnection,
) -> None:
    rows = report(world, "operations-backlog", AS_OF)
    assert [(row["status"], row["age"], row["tickets"]) for row in rows] == [
        ("accepted", "4 to 24 h", 1),
        ("assigned", "4 to 24 h", 1),
        ("open", "4 to 24 h", 1),
        ("open", "Over 7 days", 1),
    ]


def test_the_map_shows_where_work_waits_and_who_has_no_visit_today(
    world: duckdb.DuckDBPyConnection,
) -> None:
    counts = ("zip3", "open_tickets", "unassigned", "free_experts")
    rows = report(world, "operations-places", AS_OF)
    assert [tuple(row[name] for name in counts) for row in rows] == [
        ("787", 2, 0, 0),
        ("981", 2, 2, 1),
    ]
    (west,) = report(world, "operations-places", AS_OF, Filters(region=("West",), plan=("pro",)))
    assert tuple(west[name] for name in counts) == ("981", 1, 1, 1)


def test_the_oldest_without_an_expert_comes_first_with_the_reason(
    world: duckdb.DuckDBPyConnection,
) -> None:
    oldest, newest = report(world, "operations-unassigned", AS_OF)
    assert oldest["ticket_number"] == 100_003
    assert oldest["reason"] == "No expert can come: 2 live too far away."
    assert oldest["age_hours"] == pytest.approx(21 * 24 + 4)
    assert newest["reason"] == "No assignment run has looked at it yet."
    assert newest["due_in_hours"] == pytest.approx(18)
    assert newest["refusals"] == 1


def test_a_promise_is_at_risk_by_a_late_window_or_by_nobody(
    world: duckdb.DuckDBPyConnection,
) -> None:
    rows = report(world, "operations-sla-at-risk", AS_OF)
    assert [(row["ticket_number"], row["risk"]) for row in rows] == [
        (100_003, "overdue"),
        (100_005, "late window"),
        (100_004, "nobody yet"),
    ]


def test_visits_are_of_the_day_on_the_experts_own_clock(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (visit,) = report(world, "operations-visits-today", AS_OF)
    assert (visit["arrival_window"], visit["stage"]) == ("13:00–15:00", "planned")
    (window,) = report(world, "operations-visits-by-window", AS_OF)
    assert (window["arrival_window"], window["visits"]) == ("13:00–15:00", 1)


def test_a_visit_of_today_for_which_nobody_was_home_is_done() -> None:
    rows = small_world.marts()
    today = next(row for row in rows["fct_assignment"] if row["status"] == "accepted")
    absent = {**today, "status": "completed", "outcome": "customer_absent"}
    others = [row for row in rows["fct_assignment"] if row is not today]
    with make_marts({**rows, "fct_assignment": [*others, absent]}) as world:
        (visit,) = report(world, "operations-visits-today", AS_OF)
        (row,) = report(world, "operations-summary", AS_OF)
    assert (visit["stage"], row["visits_done"]) == ("nobody home", 1)


def test_a_proposal_waits_since_it_was_made(world: duckdb.DuckDBPyConnection) -> None:
    (waiting,) = report(world, "operations-proposals", AS_OF)
    assert waiting["ticket_number"] == 100_006
    assert waiting["waiting_minutes"] == pytest.approx(120)
    assert waiting["answer_in_minutes"] == pytest.approx(-60)
    assert waiting["expert"] == "TX-787 · 0000e1"


def test_the_period_is_measured_by_the_clock_of_each_measure(
    world: duckdb.DuckDBPyConnection,
) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1])
    (row,) = report(world, "ticketing-summary", AS_OF, march)
    assert (row["submitted"], row["resolved"]) == (7, 2)
    assert row["assign_median_hours"] == pytest.approx(2)
    assert row["assign_p90_hours"] == pytest.approx(2.4)
    assert row["respond_median_hours"] == pytest.approx(2.75)
    assert row["resolve_median_hours"] == pytest.approx(84)
    assert row["resolve_p90_hours"] == pytest.approx(112.8)


def test_a_ticket_that_fell_due_and_is_open_again_missed_its_promise(
    world: duckdb.DuckDBPyConnection,
) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1])
    (row,) = report(world, "ticketing-summary", AS_OF, march)
    # Due were tickets 1 (met), 2 (late) and 3 (open again); 7 was cancelled, 4 to 6 are not due.
    assert (row["sla_tickets"], row["sla_attainment_share"]) == (3, pytest.approx(1 / 3))


def test_rates_count_the_settled_cases_alone(world: duckdb.DuckDBPyConnection) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1])
    (row,) = report(world, "ticketing-summary", AS_OF, march)
    assert row["first_time_fix_share"] == pytest.approx(1 / 2)
    assert row["reopened_share"] == pytest.approx(1 / 3)
    assert row["rejected_share"] == pytest.approx(1 / 7)  # the withdrawn and the waiting are out
    assert row["unfinished_share"] == pytest.approx(1 / 4)
    # Of the accepted visits that had to take place by now.
    assert row["customer_absent_share"] == pytest.approx(1 / 4)
    assert row["expert_absent_share"] == 0
    assert row["satisfied_share"] == pytest.approx(1 / 2)


def test_a_period_in_which_nothing_happened_has_no_rates(
    world: duckdb.DuckDBPyConnection,
) -> None:
    january = Filters(since=MARCH[0].replace(month=1), until=MARCH[0].replace(month=1, day=31))
    (row,) = report(world, "ticketing-summary", AS_OF, january)
    assert row["submitted"] == 0
    assert row["resolve_median_hours"] is None
    assert row["sla_attainment_share"] is None


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("all", {"All": 7}),
        ("channel", {"Web": 5, "Phone": 2}),
        ("device", {"Laptop": 5, "Television": 2}),
        ("region", {"South": 5, "West": 2}),
        ("plan", {"Basic": 5, "Pro": 2}),
    ],
)
def test_volume_is_the_same_tickets_however_it_is_split(
    world: duckdb.DuckDBPyConnection, by: Any, parts: dict[str, int]
) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1], grain="month", by=by)
    rows = report(world, "ticketing-volume", AS_OF, march)
    assert {row["part"]: row["tickets"] for row in rows} == parts
    broken_down = report(world, "ticketing-breakdown", AS_OF, march)
    assert {row["part"]: row["submitted"] for row in broken_down} == parts


def test_a_week_that_is_not_over_is_not_whole(world: duckdb.DuckDBPyConnection) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1], grain="week")
    rows = report(world, "ticketing-volume", AS_OF, march)
    whole = {row["bucket"].isoformat(): row["is_complete"] for row in rows}
    assert whole == {
        "2026-03-02": True,
        "2026-03-09": True,
        "2026-03-16": True,
        "2026-03-30": False,
    }


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.sampled_from([0.5, 0.9]))
def test_a_percentile_of_counted_minutes_is_that_of_the_tickets(
    minutes: list[int], share: float
) -> None:
    expected = float(np.quantile(minutes, share)) / 60
    with duckdb.connect() as database:
        for statement in macros_for("hours_at()"):
            database.execute(statement)
        database.execute("CREATE TABLE ticket AS SELECT unnest($1) AS minutes", [minutes])
        found = database.execute(
            "SELECT hours_at($1, minutes, running, tickets) FROM (SELECT minutes, "
            "sum(count(*)) OVER (ORDER BY minutes) AS running, "
            "sum(count(*)) OVER () AS tickets FROM ticket GROUP BY minutes)",
            [share],
        ).fetchone()
    assert found == (pytest.approx(expected),)


def test_clocks_and_rates_over_time_agree_with_the_summary(
    world: duckdb.DuckDBPyConnection,
) -> None:
    march = Filters(since=MARCH[0], until=MARCH[1], grain="month")
    (summary,) = report(world, "ticketing-summary", AS_OF, march)
    clocks = {row["clock"]: row for row in report(world, "ticketing-clocks", AS_OF, march)}
    rates = {
        row["measure"]: row["share"] for row in report(world, "ticketing-quality", AS_OF, march)
    }
    assert clocks["assign"]["median_hours"] == summary["assign_median_hours"]
    assert clocks["resolve"]["p90_hours"] == summary["resolve_p90_hours"]
    assert rates == {
        measure: summary[f"{measure}_share"]
        for measure in (
            "sla_attainment",
            "first_time_fix",
            "reopened",
            "rejected",
            "unfinished",
            "wrong_expert",
            "customer_absent",
            "expert_absent",
        )
    }


@pytest.mark.parametrize(
    ("filters", "tickets"),
    [
        (Filters(region=("West",)), {100_003, 100_004}),
        (Filters(state=("WA",), device=("tv",)), set()),
        (Filters(plan=("pro",)), {100_004}),
        (Filters(device=("laptop",), region=("South", "West")), {100_003, 100_004}),
    ],
)
def test_filters_narrow_together(
    world: duckdb.DuckDBPyConnection, filters: Filters, tickets: set[int]
) -> None:
    rows = report(world, "operations-unassigned", AS_OF, filters)
    assert {row["ticket_number"] for row in rows} == tickets


def test_a_list_is_cut_at_its_limit(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "operations-unassigned", AS_OF, Filters(limit=1))
    assert [row["ticket_number"] for row in rows] == [100_003]
