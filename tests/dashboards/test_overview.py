"""The overview: this week against last, computed a second time in plain Python."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest

from tests.dashboards import small_world
from tests.dashboards.conftest import Opener
from tests.dashboards.marts import Row, make_marts, report, utc, uuid
from tests.dashboards.publishing import publish
from tests.dashboards.small_world import EVE, WES
from tests.dashboards.test_pages import figures, texts
from warehouse.reports import Filters, targets

THURSDAY = utc("2026-04-02 15:00")
MONDAY = date(2026, 3, 30)
NUMBERS = ["SLA attainment", "Time to resolve", "Wrong expert", "Satisfied", "MRR"]


def _story(number: int, chance: Random) -> dict[str, list[Row]]:
    """A ticket of the last fifteen weeks, with one or two visits and perhaps an answer."""
    at = THURSDAY - timedelta(hours=chance.uniform(0, 15 * 7 * 24))
    resolved = chance.uniform(4, 150)
    due = at + timedelta(hours=chance.choice([24, 72, 120]))
    done = at + timedelta(hours=resolved)
    outcomes = chance.choice([["resolved"], ["customer_absent", "resolved"]] + [
        ["follow_up", "resolved"]] * 2)  # fmt: skip
    starts = [at + timedelta(hours=resolved * (i + 1) / (len(outcomes) + 1)) for i in range(2)]
    experts = [chance.choice([EVE, WES]) for _ in outcomes]
    is_west = chance.random() < 0.3
    return {
        "fct_ticket": [{
            "ticket_id": uuid(number), "location_key": "WA-981" if is_west else "TX-787",
            "plan_code": chance.choice(["basic", "pro"]), "device_type": "tv",
            "ticket_type": "tv-repair", "status": "closed" if done <= THURSDAY else "open",
            "submitted_at": at, "submitted_on": at.date(), "sla_due_at": due, "reopens": 0,
            "resolved_at": done if done <= THURSDAY else None,
            "minutes_to_resolve": resolved * 60 if done <= THURSDAY else None,
            "is_sla_met": done <= due if done <= THURSDAY else None,
        }],
        "fct_visit": [
            {
                "visit_id": uuid(1000 * number + i), "ticket_id": uuid(number),
                "expert_id": experts[i], "visit_number": i + 1, "outcome": outcome,
                "started_at": starts[i], "ended_at": starts[i] + timedelta(minutes=30),
                "is_on_time": True,
            }
            for i, outcome in enumerate(outcomes)
            if starts[i] + timedelta(minutes=30) <= THURSDAY
        ],
        "fct_survey_response": [
            {"survey_id": uuid(number), "ticket_id": uuid(number), "expert_id": experts[-1],
             "is_satisfied": chance.random() < 0.8, "answered_at": done + timedelta(hours=2)}
        ] if done + timedelta(hours=2) <= THURSDAY else [],
    }  # fmt: skip


def _world() -> dict[str, list[Row]]:
    chance = Random(7)
    stories = [_story(number, chance) for number in range(1, 401)]
    facts = {name: [row for story in stories for row in story[name]] for name in stories[0]}
    return {**small_world.dimensions(), **facts}


def _expected(world: dict[str, list[Row]], since: date, until: date) -> dict[str, Any]:
    """What the report must say of these days, from the rows alone."""

    def within(moment: datetime | None) -> bool:
        return moment is not None and since <= moment.date() <= until

    due = [it for it in world["fct_ticket"] if within(it["sla_due_at"])
           and it["sla_due_at"] <= THURSDAY]  # fmt: skip
    hours = [
        round(it["minutes_to_resolve"]) / 60
        for it in world["fct_ticket"]
        if within(it["resolved_at"])
    ]
    answers = [it for it in world["fct_survey_response"] if within(it["answered_at"])]
    visits = [it for it in world["fct_visit"] if within(it["started_at"])
              and it["outcome"] != "customer_absent"]  # fmt: skip
    by_place = {(it["ticket_id"], it["visit_number"]): it for it in world["fct_visit"]}

    def is_wrong(visit: Row) -> bool:
        later = by_place.get((visit["ticket_id"], visit["visit_number"] + 1))
        return bool(
            visit["outcome"] == "follow_up" and later and later["expert_id"] != visit["expert_id"]
        )

    return {
        "sla_attainment_share": _mean([bool(it["is_sla_met"]) for it in due]),
        "sla_tickets": len(due),
        "resolve_median_hours": median(hours) if hours else None,
        "resolved_tickets": len(hours),
        "wrong_expert_share": _mean([is_wrong(it) for it in visits]),
        "ended_visits": len(visits),
        "satisfied_share": _mean([it["is_satisfied"] for it in answers]),
        "survey_answers": len(answers),
    }


def _mean(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _same(row: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_the_week_so_far_and_the_same_days_of_last_week_are_counted_alike() -> None:
    world = _world()
    with make_marts(world) as marts:
        now, then = report(marts, "overview-week", THURSDAY)
    assert (now["week"], now["since"], now["until"]) == ("this", MONDAY, THURSDAY.date())
    _same(now, _expected(world, MONDAY, THURSDAY.date()))
    week = timedelta(weeks=1)
    assert (then["week"], then["since"], then["until"]) == (
        "last", MONDAY - week, THURSDAY.date() - week,
    )  # fmt: skip
    _same(then, _expected(world, MONDAY - week, THURSDAY.date() - week))
    # The world must have something to count, or the comparison proves nothing.
    assert min(now["ended_visits"], now["survey_answers"], now["sla_tickets"]) > 5
    assert 0 < now["wrong_expert_share"] < 1
    assert now["satisfied_low_share"] < now["satisfied_share"] < now["satisfied_high_share"]


def test_the_trend_has_thirteen_weeks_and_a_week_without_a_case_has_no_figure() -> None:
    world = _world()
    quiet = MONDAY - timedelta(weeks=3)
    silent = {MONDAY - timedelta(weeks=3) + timedelta(days=day) for day in range(7)}
    world["fct_survey_response"] = [
        it for it in world["fct_survey_response"] if it["answered_at"].date() not in silent
    ]
    with make_marts(world) as marts:
        rows = report(marts, "overview-trend", THURSDAY)
    assert [row["bucket"] for row in rows] == [
        MONDAY - timedelta(weeks=back) for back in range(12, -1, -1)
    ]
    assert [row["is_complete"] for row in rows] == [True] * 12 + [False]
    for row in rows:
        _same(row, _expected(world, row["bucket"], row["bucket"] + timedelta(days=6)))
    assert next(row for row in rows if row["bucket"] == quiet)["satisfied_share"] is None


def test_filters_narrow_the_overview_together() -> None:
    world = _world()
    kept = {it["ticket_id"] for it in world["fct_ticket"]
            if it["location_key"] == "WA-981" and it["plan_code"] == "pro"}  # fmt: skip
    narrowed = {name: [it for it in rows if it.get("ticket_id") in kept]
                for name, rows in world.items()}  # fmt: skip
    with make_marts(world) as marts:
        for filters in (
            Filters(region=("West",), plan=("pro",)),
            Filters(state=("WA",), plan=("pro",)),
        ):
            now, _ = report(marts, "overview-week", THURSDAY, filters)
            _same(now, _expected(narrowed, MONDAY, THURSDAY.date()))


@pytest.mark.parametrize(
    ("target", "value", "low", "high", "standing"),
    [
        ("sla_attainment", 0.95, None, None, "met"),
        ("sla_attainment", 0.94, 0.90, 0.97, "unclear"),
        ("sla_attainment", 0.80, 0.70, 0.88, "missed"),
        ("wrong_expert", 0.03, None, None, "met"),
        ("wrong_expert", 0.10, 0.02, 0.30, "unclear"),
        ("wrong_expert", 0.10, 0.06, 0.15, "missed"),
        ("time_to_resolve", 73, None, None, "missed"),
        ("mrr_growth", None, None, None, None),
    ],
)
def test_a_target_is_met_missed_or_not_to_be_told_from_chance(
    target: str, value: float | None, low: float | None, high: float | None, standing: str | None
) -> None:
    assert targets.targets()[target].standing(value, low, high) == standing


def test_a_target_without_one_bound_is_named() -> None:
    for wrong in ({"words": "two"}, {"words": "two", "at_least": 1, "at_most": 2}):
        with pytest.raises(ValueError, match="The target tickets needs words and one of"):
            targets.read("tickets", wrong)


@pytest.fixture
def busy(warehouse: Path) -> Path:
    finance = {name: rows for name, rows in small_world.marts().items() if "contract" in name}
    later = [{**row, "month_start": date(2026, 4, 1), "measured_on": THURSDAY.date()}
             for row in finance["fct_contract_month"] if row["month_start"].month == 3]  # fmt: skip
    months = [*finance["fct_contract_month"], *later]
    publish(warehouse, {**_world(), "dim_customer": small_world.dimensions()["dim_customer"],
                        "fct_contract_month": months}, THURSDAY)  # fmt: skip
    return warehouse


@pytest.mark.usefixtures("busy")
def test_the_overview_shows_five_numbers_with_their_targets_and_cases(page: Opener) -> None:
    app = page("overview")
    assert list(figures(app)) == NUMBERS
    assert figures(app)["MRR"] == "$35.00"
    said = texts(app)
    assert "Target: at least 95.0 % of due tickets in time" in said
    assert "Target: at most 3.0 days" in said
    assert "This week so far, Mon, Mar 30 to Thu, Apr 2, against" in said
    assert "answers; true share" in said
    assert said.count("target") >= len(NUMBERS)
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == len(NUMBERS)
    links = app.get("page_link")
    assert [link.proto.label for link in links] == [
        "Ticketing", "Ticketing", "Ticketing", "Satisfaction", "Finance",
    ]  # fmt: skip


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize(
    ("key", "value", "address"),
    [
        ("region", "West", "region=West"),
        ("state", "WA", "state=Washington"),
        ("plan", "pro", "plan=Pro"),
    ],
)
def test_a_filter_of_the_overview_narrows_it_and_goes_along_to_the_page_of_a_tile(
    page: Opener, key: str, value: str, address: str
) -> None:
    app = page("overview")
    before = figures(app)
    app.multiselect(key=key).select(value).run()
    assert figures(app) != before
    assert {link.proto.query_string for link in app.get("page_link")} == {address}


def test_an_empty_warehouse_says_that_there_is_no_figure_yet(page: Opener, warehouse: Path) -> None:
    publish(warehouse, {}, THURSDAY)
    app = page("overview")
    assert set(figures(app).values()) == {"–"}
    said = texts(app)
    # A wrong expert shows when later visits begin: this week has no standing in it.
    assert said.count("No figure yet") == len(NUMBERS) - 1
    assert said.count("No trend yet.") == len(NUMBERS)
    assert "No answers yet this week" in said
