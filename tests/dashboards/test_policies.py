"""The page that compares two policies, over the real sysops API."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from streamlit.testing.v1 import AppTest

from api.kernel.auth import STAFF_ISSUER
from api.sysops.assignment.backtest_rules import ASSUMPTIONS, Figures, Pair
from api.sysops.assignment.backtest_service import Replay, keep, two_policies
from dashboards import backtests
from dashboards.settings import settings
from tests.api import served
from tests.api.sysops.conftest import add_staff
from tests.dashboards.conftest import Opener, token
from tests.databases import Databases

DAY = Figures(90, 88, 85, 4, 30.5, 1400.0, 0.67, 5)
FIRST = date(2026, 3, 2)
Differences = tuple[float, int, float]
WEEK: tuple[Differences, ...] = (
    (-150, 2, 9.5), (-170, 0, -3.0), (-160, 5, 22.0), (-180, 1, 1.0), (-155, 4, 13.5),
    (-175, -2, -8.0), (-186, 3, 12.0),
)  # fmt: skip
"""By how much B's travel, late tickets and hours late differ from A's, day by day."""


@pytest.fixture
def manager(
    databases: Databases, environment: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The token of a manager, with the sysops API running."""
    del environment
    sysops, _ = served.sysops(databases)
    person = add_staff(databases, "manager")
    with served.served(sysops) as url:
        monkeypatch.setenv("SQUAD_SYSOPS_API_URL", url)
        settings.cache_clear()
        yield served.token(STAFF_ISSUER, person, "manager")


async def replayed(databases: Databases, *days: Differences) -> None:
    async with databases.sessions("sysops", "assigner") as sessions, sessions.begin() as session:
        two = await two_policies(session, "balanced", "least-travel")
        for offset, (km, late, hours) in enumerate(days):
            b = replace(
                DAY,
                travel_km=DAY.travel_km + km,
                late=DAY.late + late,
                late_hours=DAY.late_hours + hours,
            )
            day, now = FIRST + timedelta(days=offset), datetime(2026, 3, 10, tzinfo=UTC)
            await keep(session, two, Replay(day, Pair(DAY, b), 1, now, ASSUMPTIONS))


def texts(app: AppTest) -> str:
    assert not app.exception, app.exception
    kinds = (app.title, app.caption, app.markdown, app.info, app.warning)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


async def test_a_week_is_said_in_plain_words_with_what_may_be_chance(
    page: Opener, databases: Databases, manager: str
) -> None:
    await replayed(databases, *WEEK)
    app = page("policies", manager)
    said = texts(app)
    assert "7 days, Mar 2, 2026 to Mar 8, 2026 · 630 tickets" in said
    assert "least-travel/1 drives **168 km** (12.0 %) less a day: better" in said
    assert "with 95 % confidence between 156 and 180 km." in said
    assert "With 7 days, what differs in tickets late and hours late may be chance." in said
    assert "No difference at all in tickets served, served in time" in said
    assert ASSUMPTIONS[0] in said
    (table,) = app.dataframe
    travel = table.value.set_index("Measure").loc["Travel"]
    assert list(travel) == [
        "1,400 km", "1,232 km", "-168 km", "-180 km to -156 km", "Better"
    ]  # fmt: skip
    app.selectbox(key="measure").select("late").run()
    assert "The line is the mean difference, +1.9 a day." in texts(app)
    app.selectbox(key="policy_b").select("balanced/1").run()
    assert "Choose two policies that differ." in texts(app)


async def test_one_day_alone_says_so(page: Opener, databases: Databases, manager: str) -> None:
    await replayed(databases, WEEK[0])
    said = texts(page("policies", manager))
    assert (
        "One day alone says nothing of chance: tickets late, hours late and travel differ" in said
    )


async def test_without_a_backtest_the_page_says_how_to_start_one_and_what_there_is(
    page: Opener, databases: Databases, manager: str
) -> None:
    app = page("policies", manager)
    said = texts(app)
    assert "balanced/1 and least-travel/1 have not been compared yet." in said
    assert "(http://127.0.0.1:3000/assets/operations/policy_backtest)" in said
    assert "policy_a: balanced/1\n      policy_b: least-travel/1" in app.code[0].value
    assert ASSUMPTIONS[0] in said
    assert not app.dataframe
    await replayed(databases, *WEEK)
    app = page("policies", manager, policy_b="emergency/1")
    assert "balanced/1 and emergency/1 have not been compared yet." in texts(app)
    assert app.dataframe[0].value.loc[0, "Days"] == 7


def test_an_api_that_is_away_is_said_and_finance_does_not_see_the_page(
    page: Opener, environment: None
) -> None:
    assert "does not answer" in texts(page("policies"))
    assert "Policies" not in "".join(it.value for it in page("policies", token("finance")).title)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1234.5, "km", "+1,234 km"),
        (-0.04, "tickets", "0.0"),
        (0.0123, "gini", "+0.012"),
        (None, "hours", "–"),
        (-7.25, "hours", "-7.2 h"),
    ],
)
def test_figures_have_their_units(value: Any, unit: str, said: str) -> None:
    assert backtests.number(value, unit, signed=True) == said
