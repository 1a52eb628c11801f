"""The terms of a cost in words: in one order, and spans in the unit that suits."""

from datetime import UTC, datetime, timedelta

import pytest

from api.messages import Window
from api.sysops.assignment.cost_words import Visit, duration, in_words

START = datetime(2026, 3, 2, 14, tzinfo=UTC)
MONDAY = Window(START, START + timedelta(hours=2))


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (timedelta(minutes=-5), "0 minutes"),
        (timedelta(seconds=61), "1 minute"),
        (timedelta(minutes=90), "1.5 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=60), "2.5 days"),
    ],
)
def test_spans_have_the_unit_that_suits(span: timedelta, said: str) -> None:
    assert duration(span) == said


def test_terms_of_the_same_size_are_in_one_order() -> None:
    visit = Visit(MONDAY, 8.2, timedelta(0), timedelta(0), None)
    one = in_words({"travel": 5, "late": 5, "load": 0}, visit)
    assert (
        one
        == in_words({"late": 5, "travel": 5}, visit)
        == [
            "late: 5",
            "8.2 km by road: 5",
        ]
    )
