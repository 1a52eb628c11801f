"""The page of knowledge: figures from the snapshot, titles and words from the API."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.dashboards import small_world
from tests.dashboards.conftest import Opener, token
from tests.dashboards.publishing import publish
from tests.dashboards.small_knowledge import LAPTOP
from tests.dashboards.small_world import AS_OF
from tests.dashboards.test_pages import figures, texts
from tests.databases import Databases

WRITTEN = (
    "INSERT INTO article (title, body, status, version, audience, author_id, created_at,"
    " updated_at) SELECT 'Turn it *off*', 'And on.', 'published', 1, 'internal', id, now(), now()"
    " FROM staff LIMIT 1"
)
SEARCHED = (
    "INSERT INTO article_query (words, results, asked_by, asked_at) SELECT words, 0, who, now()"
    " FROM (VALUES ('blue *smoke*', 'staff'), ('ada lovelace', 'customers')) AS it (words, who)"
)


@pytest.mark.usefixtures("published")
def test_the_page_counts_the_period_and_says_where_an_article_is_missing(page: Opener) -> None:
    app = page("knowledge", period="Last 30 days")
    assert figures(app) == {
        "Searches": "4",
        "Found nothing": "50.0 %",
        "Solved online": "50.0 %",
        "Tickets ended": "2",
        "Resolved with one": "50.0 %",
    }
    gaps, articles = (one.value for one in app.dataframe)
    assert list(gaps["device"]) == ["Laptop", "Television"]
    assert list(articles["resolved"]) == [1, 0]
    # The API is away: the page says so, and shows what is published.
    assert "The API does not answer" in texts(app)
    assert "does not show them now" in texts(app)


@pytest.mark.usefixtures("published")
def test_a_device_narrows_the_articles(page: Opener) -> None:
    app = page("knowledge", device="Television")
    gaps = app.dataframe[0].value
    assert list(gaps["device"]) == ["Television"]
    assert "No article is published yet." in texts(app)


def test_with_nothing_to_count_every_tile_says_so(page: Opener, warehouse: Path) -> None:
    publish(warehouse, small_world.dimensions(), AS_OF)
    app = page("knowledge")
    assert figures(app)["Searches"] == "0"
    for empty in ("No search in", "No article helped", "Nothing to count", "is published"):
        assert empty in texts(app)
    assert not app.dataframe


def test_titles_and_words_come_from_the_api(
    page: Opener, databases: Databases, manager: str, warehouse: Path
) -> None:
    databases.execute("sysops", WRITTEN)
    databases.execute("sysops", SEARCHED)
    ((article_id,),) = databases.rows("sysops", "SELECT id FROM article")
    rows = small_world.marts()
    for mart in ("dim_article", "fct_article_use"):
        rows[mart] = [
            {**row, "article_id": UUID(str(article_id))} if row["article_id"] == LAPTOP else row
            for row in rows[mart]
        ]
    publish(warehouse, rows, AS_OF)
    app = page("knowledge", manager)
    assert not app.exception
    _, in_vain, articles = (one.value for one in app.dataframe)
    # What one customer typed once may be a name, and is told to nobody.
    assert list(in_vain["Words"]) == ["blue *smoke*"]
    assert list(articles["article_id"]) == ["Turn it *off*", "–"]


@pytest.mark.usefixtures("published")
def test_finance_does_not_open_the_page(page: Opener) -> None:
    app = page("knowledge", token("finance"))
    assert [one.value for one in app.title] == ["Finance"]
