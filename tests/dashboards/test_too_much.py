"""More than a page was drawn for: than fits into memory, and than there is room for bars."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboards import data, intervals
from tests.dashboards import small_world
from tests.dashboards.conftest import Opener
from tests.dashboards.marts import uuid
from tests.dashboards.publishing import publish


@pytest.mark.usefixtures("published")
def test_a_page_with_too_much_to_count_says_what_to_choose(page: Opener) -> None:
    page("ticketing")
    data.newest()._database.execute("SET memory_limit = '1MB'")
    app = page("experts")
    assert not app.exception
    assert "Choose a shorter period, or a region." in app.warning[-1].value
    assert "Experts" in app.title[0].value


def _many_windows(warehouse: Path) -> None:
    """Thirteen visits of today, which begin every 40 minutes from 08:00 in Texas."""
    rows = small_world.marts()
    ticket = next(row for row in rows["fct_ticket"] if row["status"] == "accepted")
    assignment = next(it for it in rows["fct_assignment"] if it["ticket_id"] == ticket["ticket_id"])
    starts = [small_world.AS_OF + timedelta(minutes=60 + 40 * number) for number in range(13)]
    for number, start in enumerate(starts, 1):
        new = {
            "ticket_id": uuid(0x1000 + number),
            "window_start": start,
            "window_end": start + timedelta(hours=2),
        }
        rows["fct_ticket"].append({**ticket, **new, "ticket_number": 200_000 + number})
        rows["fct_assignment"].append({**assignment, **new, "assignment_id": uuid(0x2000 + number)})
    publish(warehouse, rows, small_world.AS_OF)


def _windows(app: AppTest) -> dict[str, Any]:
    """The axis of the chart of today's visits."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]
    (spec,) = [it for it in specs if it.get("encoding", {}).get("x", {}).get("title") == "Visits"]
    axis: dict[str, Any] = spec["encoding"]["y"]
    return axis


@pytest.mark.usefixtures("published")
def test_todays_visits_are_drawn_by_their_windows(page: Opener) -> None:
    assert _windows(page("operations"))["sort"] == ["13:00–15:00"]


def test_too_many_windows_are_drawn_by_the_hour_in_which_they_begin(
    page: Opener, warehouse: Path
) -> None:
    _many_windows(warehouse)
    app = page("operations")
    assert _windows(app)["sort"] == [f"From {hour:02}:00" for hour in range(8, 17)]


@pytest.mark.parametrize(
    ("least", "most", "drawn"),
    [
        (0.79, 0.92, [0.7, 1]),
        (0.3, 0.4, [0.3, 0.4]),
        (0.55, 0.55, [0.5, 0.6]),
        (1, 1, [0.9, 1]),
        (0, 0, [0, 0.1]),
    ],
)
def test_shares_are_drawn_between_the_tenths_around_them(
    least: float, most: float, drawn: list[float]
) -> None:
    assert intervals.tenths(least, most) == pytest.approx(drawn)


def test_what_goes_with_satisfaction_is_drawn_as_far_to_either_side() -> None:
    shown = pd.DataFrame({"low": [-0.04, 0.05], "high": [-0.03, 0.12]})
    assert intervals.around_zero(shown, ("low", "high")) == pytest.approx((-0.2, 0.2))
