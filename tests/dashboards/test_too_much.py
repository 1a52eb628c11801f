"""A period that does not fit into the memory of the dashboards."""

import pytest

from dashboards import data
from tests.dashboards.conftest import Opener


@pytest.mark.usefixtures("published")
def test_a_page_with_too_much_to_count_says_what_to_choose(page: Opener) -> None:
    page("ticketing")
    data.newest()._database.execute("SET memory_limit = '1MB'")
    app = page("experts")
    assert not app.exception
    assert "Choose a shorter period, or a region." in app.warning[-1].value
    assert "Experts" in app.title[0].value
