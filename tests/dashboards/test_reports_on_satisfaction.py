"""Satisfaction: by hand from the small world, and against another way to compute it."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import sqrt
from statistics import NormalDist
from typing import Any

import duckdb
import pytest

from tests.dashboards import small_world
from tests.dashboards.marts import Row, make_marts, report, utc, uuid
from tests.dashboards.small_world import AS_OF, EVE, MARCH, WES
from warehouse.reports import Filters

IN_MARCH = Filters(since=MARCH[0], until=MARCH[1], grain="month")
Z = NormalDist().inv_cdf(0.975)


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with make_marts(small_world.marts()) as connection:
        yield connection


def test_the_summary_says_what_was_answered_and_how_many_were_asked(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = report(world, "satisfaction-summary", AS_OF, IN_MARCH)
    assert (row["answers"], row["satisfied_share"], row["mean_score"]) == (2, 0.5, 3.5)
    assert (row["nps"], row["recommendations"], row["low_scores"]) == (0, 2, 1)
    # None of the three can be answered any more on March 31, and two were.
    assert (row["surveys"], row["response_share"]) == (3, pytest.approx(2 / 3))


def test_a_survey_that_can_still_be_answered_is_not_in_the_response_rate(
    world: duckdb.DuckDBPyConnection,
) -> None:
    (row,) = report(world, "satisfaction-summary", utc("2026-03-26 12:00"), IN_MARCH)
    assert (row["surveys"], row["response_share"]) == (2, 0.5)
    (row,) = report(
        world, "satisfaction-summary", AS_OF, Filters(since=date(2026, 3, 28), expert=(str(WES),))
    )
    assert (row["surveys"], row["answers"], row["nps"]) == (1, 0, None)


def test_what_one_answer_proves_is_little(world: duckdb.DuckDBPyConnection) -> None:
    eve, wes = report(world, "satisfaction-experts", AS_OF, IN_MARCH)
    assert {eve["expert_id"], wes["expert_id"]} == {str(EVE), str(WES)}
    (best,) = [row for row in (eve, wes) if row["expert_id"] == str(EVE)]
    assert (best["satisfied_share"], best["nps"]) == (1, 100)
    assert best["satisfied_low_share"] == pytest.approx(0.2065, abs=1e-4)
    assert (best["nps_low"], best["nps_high"]) == (pytest.approx(-48.5, abs=0.01), 100)


def test_a_choice_is_compared_with_all_others_who_were_asked(
    world: duckdb.DuckDBPyConnection,
) -> None:
    friendly, on_time = sorted(
        report(world, "satisfaction-drivers", AS_OF, IN_MARCH), key=lambda row: row["choice"]
    )
    assert (friendly["question"], friendly["choice"]) == ("Liked", "Friendly")
    assert (friendly["answers"], friendly["others"], friendly["difference_share"]) == (2, 0, None)
    assert (on_time["choice"], on_time["answers"], on_time["others"]) == ("On time", 1, 1)
    assert on_time["difference_share"] == 1


def test_low_scores_are_followed_up(world: duckdb.DuckDBPyConnection) -> None:
    (low,) = report(world, "satisfaction-follow-up", AS_OF, IN_MARCH)
    assert (low["ticket_number"], low["score"], low["would_recommend"]) == (100_002, 2, 3)
    assert (low["has_comment"], low["type"], low["status"]) == (
        True,
        "Television repair",
        "resolved",
    )
    assert low["survey_id"] == str(uuid(0x52))
    only_eve = Filters(since=MARCH[0], until=MARCH[1], expert=(str(EVE),))
    assert report(world, "satisfaction-follow-up", AS_OF, only_eve) == []


# A world of chance, and the same numbers by loops in Python.
TEMPLATES = ("default", "setup")
CHOICES = {"default": ("late", "dirt"), "setup": ("late", "rude")}


def chance_world() -> dict[str, list[Row]]:
    chance = random.Random(7)
    rows: dict[str, list[Row]] = {**small_world.dimensions(), "fct_ticket": []}
    answers: list[Row] = []
    choices: list[Row] = []
    for number in range(1, 241):
        device, place = chance.choice(["laptop", "tv"]), chance.choice(["TX-787", "WA-981"])
        rows["fct_ticket"].append(
            {
                "ticket_id": uuid(number), "location_key": place, "device_type": device,
                "ticket_type": f"{device}-repair", "plan_code": "basic", "channel": "web",
            }
        )  # fmt: skip
        score, would = chance.randint(1, 5), chance.choice([None, *range(11)])
        template = chance.choice(TEMPLATES)
        names = {True: "promoter", False: "detractor"}
        answer = {
            "survey_id": uuid(0x5000 + number), "ticket_id": uuid(number),
            "expert_id": chance.choice([EVE, WES, None]), "score": score,
            "is_satisfied": score >= 4, "would_recommend": would,
            "recommendation": None if would is None
            else "passive" if would in {7, 8} else names[would >= 9],
            "answered_at": utc("2026-01-01 00:00") + timedelta(hours=chance.uniform(0, 24 * 89)),
            "template": template, "template_version": 1,
        }  # fmt: skip
        answers.append(answer)
        choices += [
            {
                "survey_id": answer["survey_id"], "question": "wrong", "choice": choice,
                "template": template, "template_version": 1,
                "answered_at": answer["answered_at"],
            }
            for choice in CHOICES[template]
            if chance.random() < 0.3
        ]  # fmt: skip
    return {**rows, "fct_survey_response": answers, "fct_survey_choice": choices}


@pytest.fixture(scope="module")
def by_chance() -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, list[Row]]]]:
    rows = chance_world()
    with make_marts(rows) as connection:
        yield connection, rows


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The roots of (share - p)^2 = z^2 p (1 - p) / total."""
    share, square = hits / total, Z * Z / total
    a, b, c = 1 + square, -(2 * share + square), share * share
    root = sqrt(max(0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def nps(answers: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    """The score and its interval, of the answers themselves and three more: -1, 0, 1 in parts."""
    votes = [
        {"promoter": 1, "passive": 0, "detractor": -1}[one["recommendation"]]
        for one in answers
        if one["recommendation"]
    ]
    weighted = [(vote, 1.0) for vote in votes] + [(1, 0.75), (0, 1.5), (-1, 0.75)]
    weight = sum(it for _, it in weighted)
    mean = sum(vote * it for vote, it in weighted) / weight
    spread = sqrt(sum(it * (vote - mean) ** 2 for vote, it in weighted) / weight)
    half = Z * spread / sqrt(weight)
    return 100 * sum(votes) / len(votes), 100 * (mean - half), 100 * (mean + half)


def test_each_part_is_what_its_answers_say(
    by_chance: tuple[duckdb.DuckDBPyConnection, dict[str, list[Row]]],
) -> None:
    connection, rows = by_chance
    device = {row["ticket_id"]: row["device_type"] for row in rows["fct_ticket"]}
    february = Filters(since=date(2026, 2, 1), until=date(2026, 2, 28), by="device")
    reported = report(connection, "satisfaction-breakdown", AS_OF, february)
    assert len(reported) == 2
    for row in reported:
        answers = [
            one
            for one in rows["fct_survey_response"]
            if one["answered_at"].month == 2
            and {"laptop": "Laptop", "tv": "Television"}[device[one["ticket_id"]]] == row["part"]
        ]
        satisfied = sum(one["score"] >= 4 for one in answers)
        assert row["answers"] == len(answers)
        bounds = (row["satisfied_low_share"], row["satisfied_high_share"])
        assert bounds == pytest.approx(wilson(satisfied, len(answers)))
        assert (row["nps"], row["nps_low"], row["nps_high"]) == pytest.approx(nps(answers))


def test_weeks_and_parts_sum_up_to_the_whole(
    by_chance: tuple[duckdb.DuckDBPyConnection, dict[str, list[Row]]],
) -> None:
    connection, rows = by_chance
    total = len(rows["fct_survey_response"])
    for name in ("trend", "breakdown", "summary"):
        reported = report(connection, f"satisfaction-{name}", AS_OF)
        assert sum(row["answers"] for row in reported) == total
    experts = report(connection, "satisfaction-experts", AS_OF)
    named = sum(one["expert_id"] is not None for one in rows["fct_survey_response"])
    assert sum(row["answers"] for row in experts) == named


def test_drivers_are_the_difference_between_who_chose_and_who_did_not(
    by_chance: tuple[duckdb.DuckDBPyConnection, dict[str, list[Row]]],
) -> None:
    connection, rows = by_chance
    reported = {row["choice"]: row for row in report(connection, "satisfaction-drivers", AS_OF)}
    assert reported.keys() == {"Late", "Dirt", "Rude"}
    for choice, row in reported.items():
        made = {
            one["survey_id"] for one in rows["fct_survey_choice"] if one["choice"] == choice.lower()
        }
        answers = rows["fct_survey_response"]
        chose = [one for one in answers if one["survey_id"] in made]
        # It was offered where somebody chose it.
        offered = {(one["template"], one["template_version"]) for one in chose}
        others = [
            one
            for one in answers
            if one["survey_id"] not in made
            and (one["template"], one["template_version"]) in offered
        ]
        counts = [(sum(one["is_satisfied"] for one in it), len(it)) for it in (chose, others)]
        (low, high), (other_low, other_high) = (wilson(*count) for count in counts)
        share, other = (hits / total for hits, total in counts)
        assert (row["answers"], row["others"]) == (counts[0][1], counts[1][1])
        assert row["difference_share"] == pytest.approx(share - other)
        assert row["difference_low_share"] == pytest.approx(
            share - other - sqrt((share - low) ** 2 + (other_high - other) ** 2)
        )
        assert row["difference_high_share"] == pytest.approx(
            share - other + sqrt((high - share) ** 2 + (other - other_low) ** 2)
        )
