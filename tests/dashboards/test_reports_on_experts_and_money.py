"""Experts and finance, computed by hand from the small world."""

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from tests.dashboards import small_world
from tests.dashboards.marts import make_marts, report
from tests.dashboards.small_world import AS_OF, EVE, MARCH, WES
from warehouse.reports import Filters

IN_MARCH = Filters(since=MARCH[0], until=MARCH[1], grain="month")


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with make_marts(small_world.marts()) as connection:
        yield connection


def test_the_summary_is_over_all_experts(world: duckdb.DuckDBPyConnection) -> None:
    (row,) = report(world, "experts-summary", AS_OF, IN_MARCH)
    assert (row["visits"], row["experts"], row["proposals"]) == (4, 2, 7)
    assert row["accepted_share"] == pytest.approx(5 / 7)
    assert row["on_time_share"] == pytest.approx(3 / 4)
    assert row["fixed_at_first_visit_share"] == pytest.approx(1 / 3)
    assert row["satisfied_share"] == pytest.approx(1 / 2)
    assert row["travel_per_visit_km"] == pytest.approx(22.5)
    assert row["on_site_per_visit_minutes"] == pytest.approx(60)
    # Eve went out on one day, Wes on two, and on one of them twice.
    assert row["visits_per_expert_day"] == pytest.approx(4 / 3)


def test_a_scorecard_shows_how_sure_a_share_is(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "experts-scorecard", AS_OF, IN_MARCH)
    cards = {row["expert_id"]: row for row in rows}
    eve, wes = cards[str(EVE)], cards[str(WES)]
    assert eve["accepted_share"] == pytest.approx(2 / 3)
    assert (wes["visits"], wes["expired"]) == (3, 1)
    assert wes["accepted_share"] == pytest.approx(3 / 4)
    # One success out of one proves little: Wilson's interval for 1 of 1 is 0.207 to 1.
    assert eve["fixed_at_first_visit_share"] == 1
    assert eve["fixed_low_share"] == pytest.approx(0.2065, abs=1e-4)
    assert eve["fixed_high_share"] == pytest.approx(1)
    # None of two: 0 to 0.658.
    assert wes["fixed_low_share"] == 0
    assert wes["fixed_high_share"] == pytest.approx(0.6576, abs=1e-4)


def test_two_cases_are_never_more_than_chance(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "experts-comparison", AS_OF, IN_MARCH)
    assert {row["verdict"] for row in rows} == {"within chance"}
    assert [row["mean_share"] for row in rows] == [pytest.approx(1 / 3)] * 2


def test_an_expert_is_compared_with_all_also_when_alone_on_the_page(
    world: duckdb.DuckDBPyConnection,
) -> None:
    only_eve = Filters(since=MARCH[0], until=MARCH[1], expert=(str(EVE),))
    (row,) = report(world, "experts-comparison", AS_OF, only_eve)
    assert (row["total"], row["mean_share"]) == (1, pytest.approx(1 / 3))
    (card,) = report(world, "experts-scorecard", AS_OF, only_eve)
    assert card["expert_id"] == str(EVE)
    (summary,) = report(world, "experts-summary", AS_OF, only_eve)
    assert (summary["visits"], summary["proposals"]) == (1, 3)


def test_proposals_are_counted_by_what_became_of_them(
    world: duckdb.DuckDBPyConnection,
) -> None:
    rows = report(world, "experts-answers", AS_OF, IN_MARCH)
    assert {row["answer"]: row["proposals"] for row in rows} == {
        "accepted": 5,
        "rejected": 1,
        "expired": 1,
        "withdrawn": 1,
    }


def test_visits_are_counted_by_their_distance(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "experts-travel", AS_OF, IN_MARCH)
    assert [(row["distance"], row["visits"]) for row in rows] == [
        ("10 to 25 km", 2),
        ("25 to 50 km", 2),
    ]


def test_recurring_revenue_is_bridged_from_month_to_month(
    world: duckdb.DuckDBPyConnection,
) -> None:
    january, february, march = report(world, "finance-mrr", AS_OF)
    assert (january["opening_cents"], january["new_cents"]) == (0, 1000)
    assert (february["opening_cents"], february["closing_cents"]) == (1000, 3500)
    assert march["opening_cents"] == 3500
    assert (march["expansion_cents"], march["churn_cents"]) == (1000, -1000)
    assert (march["closing_cents"], march["unexplained_cents"]) == (3500, 0)
    assert (march["customers"], march["lost_customers"]) == (1, 1)
    assert march["customer_churn_share"] == pytest.approx(1 / 2)
    assert march["revenue_churn_share"] == pytest.approx(1000 / 3500)
    assert march["arpu_cents"] == 3500
    assert report(world, "finance-mrr", AS_OF, IN_MARCH) == [march]


def test_a_bridge_that_begins_later_opens_with_what_was_there(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (march,) = report(world, "finance-mrr", AS_OF, IN_MARCH)
    assert march["opening_cents"] == 3500


def test_the_periods_money_is_what_was_issued_and_answered_in_it(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = report(world, "finance-summary", AS_OF, IN_MARCH)
    assert row == {
        "mrr_cents": 3500,
        "net_new_mrr_cents": 0,
        "customers": 1,
        "invoiced_cents": 3580,
        "tax_cents": 80,
        "collected_cents": 2500,
        "declined_share": 1.0,
        "recovered_share": 0.5,
        "outstanding_cents": 1080,
        "outstanding_over_30_days_cents": 0,
    }


def test_invoiced_and_collected_are_by_their_own_month(
    world: duckdb.DuckDBPyConnection,
) -> None:
    february, march = report(world, "finance-billed", AS_OF)
    assert (february["invoiced_cents"], february["collected_cents"]) == (1080, 1080)
    assert (march["invoiced_cents"], march["collected_cents"]) == (3580, 2500)
    assert march["recovered_cents"] == 2500


def test_a_declined_first_charge_is_recovered_by_a_later_one(
    world: duckdb.DuckDBPyConnection,
) -> None:
    february, march = report(world, "finance-payments", AS_OF)
    assert (february["declined"], february["recovered_share"]) == (0, None)
    assert (march["first_charges"], march["declined"], march["recovered"]) == (2, 2, 1)
    assert (march["declined_cents"], march["recovered_cents"]) == (3580, 2500)


def test_what_is_owed_is_as_old_as_its_invoice(world: duckdb.DuckDBPyConnection) -> None:
    (row,) = report(world, "finance-receivables", AS_OF)
    assert (row["age"], row["invoices"], row["outstanding_cents"]) == ("8 to 30 days", 1, 1080)


def test_tax_is_by_the_state_of_the_customer(world: duckdb.DuckDBPyConnection) -> None:
    texas, washington = report(world, "finance-tax", AS_OF, IN_MARCH)
    assert (texas["state_name"], texas["tax_cents"]) == ("Texas", 80)
    assert texas["effective_tax_share"] == pytest.approx(0.08)
    assert (washington["subtotal_cents"], washington["tax_cents"]) == (2500, 0)


@pytest.mark.parametrize(
    "filters", [Filters(), IN_MARCH, Filters(state=("TX",)), Filters(plan=("pro",))]
)
def test_the_page_ties_to_the_ledger_under_every_filter(
    world: duckdb.DuckDBPyConnection, filters: Filters
) -> None:
    rows = report(world, "finance-ledger", AS_OF, filters)
    assert [row["difference_cents"] for row in rows] == [0] * 7
    (summary,) = report(world, "finance-summary", AS_OF, filters)
    page = {row["line"]: row["page_cents"] for row in rows}
    assert page["Invoiced, with tax"] == summary["invoiced_cents"]
    assert page["Collected"] == summary["collected_cents"]
    assert page["Owed now"] == summary["outstanding_cents"]
    assert page["Tax"] == summary["tax_cents"]


def test_a_ledger_that_disagrees_is_shown_to_the_cent(
    world: duckdb.DuckDBPyConnection,
) -> None:
    with world.cursor() as connection:
        connection.execute("BEGIN")
        connection.execute(
            "UPDATE fct_ledger_entry SET amount_cents = amount_cents - 1"
            " WHERE account = 'cash' AND posted_at > '2026-03-01'"
        )
        rows = report(connection, "finance-ledger", AS_OF, IN_MARCH)
        connection.execute("ROLLBACK")
    wrong = {row["line"]: row["difference_cents"] for row in rows if row["difference_cents"]}
    assert wrong == {"Collected": 1, "Cash, less refunds and chargebacks": 2}


def test_the_accounts_of_the_ledger_sum_to_zero(world: duckdb.DuckDBPyConnection) -> None:
    rows = report(world, "finance-accounts", AS_OF, IN_MARCH)
    assert {row["account"]: row["balance_cents"] for row in rows} == {
        "cash": 3580 - 500 - 400,
        "chargeback": 400,
        "credit": 500,
        "receivable": 1080,
        "revenue": -4500,
        "tax": -160,
    }
    assert sum(row["debit_cents"] - row["credit_cents"] for row in rows) == 0


def test_months_are_those_of_the_period(world: duckdb.DuckDBPyConnection) -> None:
    spring = Filters(since=date(2026, 2, 10), until=date(2026, 3, 10))
    months = [row["month_start"] for row in report(world, "finance-mrr", AS_OF, spring)]
    assert months == [date(2026, 2, 1), date(2026, 3, 1)]
