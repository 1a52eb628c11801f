"""Every page: with numbers, with none, and with a later build that was held back."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboards import small_world
from tests.dashboards.conftest import LONG_AGO, MAIN, Opener, token
from tests.dashboards.marts import utc
from tests.dashboards.publishing import hold_back, publish
from tests.dashboards.small_world import AS_OF

PAGES = {
    "overview": "Overview",
    "operations": "Operations now",
    "ticketing": "Ticketing",
    "experts": "Experts",
    "satisfaction": "Satisfaction",
    "knowledge": "Knowledge",
    "finance": "Finance",
    "trust": "Trust",
}


def figures(app: AppTest) -> dict[str, str]:
    """The figures at the top, by their labels."""
    assert not app.exception, app.exception
    return {metric.label: metric.value for metric in app.metric}


def texts(app: AppTest) -> str:
    """Everything that the page says outside of tables and charts."""
    kinds = (app.title, app.caption, app.markdown, app.info, app.warning, app.error, app.success)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("name", "title"), PAGES.items())
def test_a_page_says_what_it_is_as_of(page: Opener, name: str, title: str) -> None:
    app = page(name)
    assert not app.exception
    assert [one.value for one in app.title] == [title]
    assert "As of Mar 31, 2026, 12:00 UTC" in texts(app)


@pytest.mark.parametrize(("name", "title"), PAGES.items())
def test_before_the_first_version_a_page_says_what_makes_it(
    page: Opener, name: str, title: str
) -> None:
    app = page(name)
    assert not app.exception
    assert [one.value for one in app.title] == [title]
    (said,) = app.info
    assert "Nothing has been published yet" in said.value
    assert "`warehouse`" in said.value
    assert not app.metric


@pytest.mark.parametrize("name", PAGES)
def test_a_first_build_that_was_held_back_is_explained(
    page: Opener, warehouse: Path, name: str
) -> None:
    hold_back(warehouse, utc("2026-03-31 12:05"), "fct_ticket is empty")
    (said,) = page(name).warning
    assert "fct_ticket is empty" in said.value


@pytest.mark.parametrize("name", PAGES)
def test_a_held_back_build_is_explained_above_the_numbers_that_stay(
    page: Opener, published: Path, name: str
) -> None:
    hold_back(published, utc("2026-03-31 12:05"), "3 totals differ", "fct_visit is stale")
    app = page(name)
    (said,) = app.warning
    assert "held back" in said.value
    assert "- 3 totals differ\n- fct_visit is stale" in said.value
    assert figures(app)


@pytest.mark.parametrize("name", PAGES)
def test_a_version_without_rows_is_an_empty_page_and_no_error(
    page: Opener, warehouse: Path, name: str
) -> None:
    publish(warehouse, {}, AS_OF)
    assert figures(page(name))


@pytest.mark.usefixtures("published")
def test_operations_shows_the_figures_of_the_report(page: Opener) -> None:
    app = page("operations")
    assert figures(app) == {
        "Open tickets": "4",
        "Without an expert": "2",
        "Overdue": "1",
        "At risk": "2",
        "Proposals waiting": "1",
        "Visits today": "1",
        "Submitted in 24 h": "3",
        "Resolved in 24 h": "0",
    }
    assert [tab.label for tab in app.tabs] == [
        "Without an expert (2)",
        "Overdue and at risk (3)",
        "Proposals waiting (1)",
        "Visits today (1)",
    ]
    reasons = list(app.dataframe[0].value["reason"])
    assert reasons[0] == "No expert can come: 2 live too far away."


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (None, "Nothing is lost: of 3 tickets submitted in the last 7 days 3 are in sysops."),
        (2, "of 3 tickets submitted in the last 7 days 2 are in sysops, 1 on the way."),
        (90, "1 of 3 tickets of the last 7 days have not arrived in sysops**, the oldest after 90"),
    ],
)
def test_operations_says_whether_every_ticket_has_arrived(
    page: Opener, warehouse: Path, minutes: int | None, said: str
) -> None:
    rows = small_world.marts()
    if minutes:
        late = {"submitted_at": AS_OF - timedelta(minutes=minutes), "version": 0}
        newest = max(rows["fct_ticket"], key=lambda row: row["submitted_at"])
        rows["fct_ticket"] = [
            {**row, **late} if row is newest else row for row in rows["fct_ticket"]
        ]
    publish(warehouse, rows, AS_OF)
    app = page("operations")
    assert said in texts(app)
    assert "operations/conservation" in texts(app)
    assert len(app.error) == (minutes == 90)


def test_operations_says_that_no_ticket_was_submitted(page: Opener, warehouse: Path) -> None:
    publish(warehouse, {}, AS_OF)
    assert "No ticket was submitted in the last 7 days." in texts(page("operations"))


@pytest.mark.usefixtures("published")
def test_a_filter_in_the_address_narrows_the_page(page: Opener) -> None:
    app = page("operations", region="West")
    assert figures(app)["Open tickets"] == "2"
    assert app.multiselect(key="region").value == ["West"]
    assert "West" in texts(app)


@pytest.mark.usefixtures("published")
def test_a_chosen_filter_narrows_the_page(page: Opener) -> None:
    app = page("operations")
    app.multiselect(key="plan").select("pro").run()
    assert figures(app)["Open tickets"] == "1"


@pytest.mark.usefixtures("published")
def test_ticketing_measures_the_chosen_period(page: Opener) -> None:
    app = page("ticketing", period="Last 30 days")
    assert figures(app)["Submitted"] == "7"
    assert figures(app)["Time to resolve"] == "3.5 days"
    assert figures(app)["SLA attainment"] == "33.3 %"
    app.selectbox(key="period").select("Last 7 days").run()
    assert figures(app)["Submitted"] == "3"
    assert figures(app)["Time to resolve"] == "–"


@pytest.mark.usefixtures("published")
def test_ticketing_splits_by_what_the_reader_chooses(page: Opener) -> None:
    app = page("ticketing", split="Channel")
    parts = app.dataframe[0].value.set_index("part")["submitted"]
    assert parts.to_dict() == {"Web": 5, "Phone": 2}


@pytest.mark.usefixtures("published")
def test_own_dates_are_a_period_too(page: Opener) -> None:
    days = ["2026-03-09", "2026-03-10"]
    app = page("ticketing", period="Own dates", days=days)
    assert figures(app)["Submitted"] == "2"
    assert "Mar 9, 2026 to Mar 10, 2026" in texts(app)


@pytest.mark.usefixtures("published")
def test_experts_are_compared_without_false_ranks(page: Opener) -> None:
    app = page("experts", measure="On time")
    assert figures(app)["On time"] == "75.0 %"
    assert "0 above and 0 below what chance explains, of 2 experts" in texts(app)
    scorecard = app.dataframe[0].value
    assert list(scorecard["visits"]) == [3, 1]


@pytest.mark.usefixtures("published")
def test_finance_says_that_it_agrees_with_the_ledger(page: Opener) -> None:
    app = page("finance")
    assert figures(app)["Collected"] == "$35.80"
    assert figures(app)["Owed now"] == "$10.80"
    (said,) = app.success
    assert "agrees with the ledger" in said.value


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("name", [name for name in PAGES if name != "trust"])
def test_every_tile_leads_to_its_definition_and_its_rows(page: Opener, name: str) -> None:
    app = page(name)
    tiles = [
        one.value for one in app.markdown if one.value.startswith("**") and "." not in one.value
    ]
    assert tiles
    rows = [one for one in app.get("download_button") if one.proto.label == "Download as CSV"]
    assert len(rows) == len(tiles)
    assert all(metric.help for metric in app.metric)
    assert "http://127.0.0.1:3000/assets/marts/fct_" in texts(app)
    assert all("](trust?metric=" in metric.help for metric in app.metric)


@pytest.mark.usefixtures("published")
def test_finance_staff_see_their_own_page_alone(page: Opener) -> None:
    app = page("finance", token("finance"))
    assert [one.value for one in app.title] == ["Finance"]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        # Signed when they are needed: a token lives for minutes, and all tests may take longer.
        (lambda: "", "Sign in to see this."),
        (lambda: token("manager", at=LONG_AGO), "the API does not answer"),
        (lambda: token("helpdesk"), "for managers, administrators and finance"),
        (
            lambda: token("manager", audience="customer"),
            "for managers, administrators and finance",
        ),
    ],
    ids=["none", "expired", "another role", "another audience"],
)
def test_without_a_good_token_nothing_is_shown(
    page: Opener, given: Callable[[], str], words: str
) -> None:
    app = page("operations", given())
    assert not app.exception
    assert not app.metric
    assert words in texts(app)


@pytest.mark.usefixtures("published")
def test_while_only_the_first_day_is_chosen_the_period_goes_on_to_today(page: Opener) -> None:
    app = page("ticketing", period="Own dates")
    app.date_input(key="days").set_value((date(2026, 3, 30),)).run()
    assert figures(app)["Submitted"] == "3"
    assert "Mar 30, 2026 to Mar 31, 2026" in texts(app)


def test_a_page_that_fails_says_so_without_its_trace() -> None:
    def script() -> None:
        from dashboards.failures import say_what_failed

        say_what_failed(ValueError("postgresql://user:secret@host"))

    app = AppTest.from_function(script).run()
    (said,) = app.error
    assert "could not be made" in said.value
    assert "secret" not in texts(app)


@pytest.mark.usefixtures("published")
def test_what_is_not_known_is_a_dash_in_every_table(page: Opener) -> None:
    app = page("finance")
    mrr = next(one for one in app.dataframe if "customer_churn_share" in one.value)
    # Of the first month there is no month before.
    first = mrr.value.iloc[0]
    assert str(first["month_start"]).startswith("2026-01")
    assert pd.isna(first["customer_churn_share"])
    assert {one.proto.placeholder for one in app.dataframe} == {"–"}
    # There is one way to show a table.
    sources = MAIN.parent.rglob("*.py")
    own = {path.name for path in sources if "st.dataframe(" in path.read_text("utf-8")}
    assert own == {"tiles.py"}
