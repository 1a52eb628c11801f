"""The page of satisfaction: how it is split, and what its low scores are told live."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.dashboards import small_world
from tests.dashboards.apis import WORDS, told_by_both
from tests.dashboards.conftest import Opener, token
from tests.dashboards.publishing import publish
from tests.dashboards.small_world import AS_OF
from tests.dashboards.test_pages import figures, texts
from tests.databases import Databases


@pytest.mark.usefixtures("published")
def test_figures_come_with_how_sure_they_are(page: Opener) -> None:
    app = page("satisfaction")
    assert figures(app) == {
        "Satisfied": "50.0 %",
        "Net promoter score": "+0",
        "Answers": "2",
        "Response rate": "66.7 %",
        "Low scores": "1",
    }
    assert "With 2 answers, 9.5 % to 90.5 % are satisfied" in texts(app)
    assert "0 above and 0 below what chance explains, of 2 experts" in texts(app)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("split", "parts"),
    [
        ("Device", ["Laptop", "Television"]),
        ("Type", ["Laptop repair", "Television repair"]),
        ("Region", ["South"]),
        ("State", ["Texas"]),
        ("Plan", ["Basic", "Pro"]),
        ("Channel", ["Phone", "Web"]),
    ],
)
def test_the_reader_splits_by(page: Opener, split: str, parts: list[str]) -> None:
    app = page("satisfaction", split=split, measure="Net promoter score")
    assert not app.exception
    assert list(app.dataframe[0].value["part"]) == parts
    assert f"**Net promoter score by {split.lower()}**" in texts(app)


@pytest.mark.usefixtures("published")
def test_filters_narrow_the_page_down_to_nothing(page: Opener) -> None:
    app = page("satisfaction", device="Laptop")
    assert figures(app)["Satisfied"] == "100.0 %"
    assert "No low score in this period." in texts(app)
    app = page("satisfaction", period="Last 7 days")
    assert figures(app)["Satisfied"] == "–"
    for empty in ("No survey was answered", "No choice was made", "No low score"):
        assert empty in texts(app)
    # The time of two surveys ended then, and one had been answered long before.
    assert figures(app)["Response rate"] == "50.0 %"


async def test_a_manager_reads_what_was_written_and_whom_to_call(
    page: Opener, databases: Databases, manager: str, warehouse: Path
) -> None:
    ticket_id = await told_by_both(databases)
    ((survey_id,),) = databases.rows("customer", "SELECT id FROM survey")
    rows = small_world.marts()
    rows["fct_ticket"] = [
        {**row, "ticket_id": ticket_id} if row["ticket_number"] == 100_002 else row
        for row in rows["fct_ticket"]
    ]
    rows["fct_survey_response"] = [
        {**row, "ticket_id": ticket_id, "survey_id": UUID(str(survey_id))}
        for row in rows["fct_survey_response"]
        if row["score"] == 2
    ]
    publish(warehouse, rows, AS_OF)
    app = page("satisfaction", manager)
    said = [one.value for one in app.text]
    # As text: formatting would load what a customer's words name.
    assert said == ["Ada Example, +12125550123", WORDS]
    (link,) = [one.proto.body for one in app.get("html") if "ticket?id=" in one.proto.body]
    assert f"ticket?id={ticket_id}" in link


@pytest.mark.usefixtures("published")
def test_a_reader_who_may_not_see_the_words_sees_the_list_without_them(page: Opener) -> None:
    app = page("satisfaction", token("administrator"))
    assert list(app.dataframe[-1].value["ticket_number"]) == [100_002]
    assert "shown to managers alone" in texts(app)
    assert not app.text


@pytest.mark.usefixtures("published")
def test_an_api_that_is_away_is_said_once(page: Opener) -> None:
    assert texts(page("satisfaction")).count("The API does not answer") == 1
