"""Differences of two policies, and what may be said of them."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from api.sysops.assignment.backtest_rules import Compared, Figures, Pair, compare, interval
from orchestration.assignment.backtest.answers import WORTH, Answer, Silences, draw, habits
from orchestration.assignment.backtest.replay import gini

DAY = Figures(10, 9, 8, 2, 3.5, 200.0, 0.4, 1)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def days(*differences: float) -> list[Pair]:
    """B drives so many kilometres more, day by day."""
    return [
        Pair(DAY, msgspec.structs.replace(DAY, travel_km=DAY.travel_km + it)) for it in differences
    ]


def of(measure: str, pairs: list[Pair]) -> Compared:
    (found,) = (it for it in compare(pairs) if it.measure == measure)
    return found


@given(st.lists(st.integers(-1_000_000, 1_000_000), min_size=2, max_size=40))
def test_the_bounds_are_those_of_the_paired_t_test(differences: list[int]) -> None:
    bounds = interval(differences)
    if len(set(differences)) == 1:
        assert bounds == (differences[0], differences[0])
    else:
        tested = stats.ttest_rel(differences, [0] * len(differences)).confidence_interval(0.95)
        assert bounds == pytest.approx((tested.low, tested.high))


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ((-20, -22, -19), "less"),
        ((20, 22, 19), "more"),
        ((-20, 25, -3), "chance"),
        ((0, 0, 0), "same"),
        ((-20,), "one_day"),
        ((0,), "same"),
    ],
)
def test_what_is_said_of_a_difference(differences: tuple[float, ...], verdict: str) -> None:
    found = of("travel_km", days(*differences))
    assert found.verdict == verdict
    assert (found.low is None) == (len(differences) == 1)
    assert found.difference == pytest.approx(sum(differences) / len(differences), abs=1e-6)
    assert found.share == pytest.approx(found.difference / 200, abs=1e-6)
    assert of("served", days(*differences)).verdict == "same"


def test_a_share_of_nothing_is_none_and_no_day_says_nothing() -> None:
    idle = msgspec.structs.replace(DAY, late=0)
    assert of("late", [Pair(idle, DAY)]).share is None
    assert compare([]) == []


@pytest.mark.parametrize(
    ("loads", "expected"),
    [((), 0.0), ((0, 0), 0.0), ((3, 3, 3), 0.0), ((0, 0, 0, 8), 0.75), ((1, 3), 0.25)],
)
def test_visits_are_spread_evenly_or_not(loads: tuple[int, ...], expected: float) -> None:
    assert gini(loads) == pytest.approx(expected)


def said(expert: str, *kinds: str) -> list[Answer]:
    return [Answer(expert, NOON + timedelta(hours=n), kind) for n, kind in enumerate(kinds)]


def test_experts_accept_as_before_and_few_answers_say_little() -> None:
    answers = [*said("often", *["accepted"] * 90), *said("never", *["rejected"] * 10)]
    found = habits(reversed(answers))
    assert found.overall == 0.9
    assert found.chance("often") == pytest.approx((90 + WORTH * 0.9) / (90 + WORTH))
    assert found.chance("never") == pytest.approx(WORTH * 0.9 / (10 + WORTH))
    assert found.chance("new") == 0.9
    assert habits([]).chance("anybody") == 1.0


def test_silences_count_since_the_last_answer() -> None:
    found = habits(
        [*said("silent", "expired", "accepted", "expired", "expired"), *said("back", "expired",
         "rejected")]
    )  # fmt: skip
    assert found.silences == {"silent": Silences(2, NOON + timedelta(hours=3))}


def test_a_draw_depends_on_who_is_asked_for_what_and_is_spread_evenly() -> None:
    day = date(2026, 3, 2)
    many = [draw(1, day, str(ticket), "eve") for ticket in range(2000)]
    assert many == [draw(1, day, str(ticket), "eve") for ticket in range(2000)]
    assert stats.kstest(many, "uniform").pvalue > 0.01
    one = draw(1, day, "7", "eve")
    others = (draw(2, day, "7", "eve"), draw(1, day, "7", "max"), draw(1, date(2026, 3, 3), "7",
              "eve"))  # fmt: skip
    assert one not in others
