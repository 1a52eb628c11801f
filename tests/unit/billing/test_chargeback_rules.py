"""Reports on a dispute in any order and number lead to the same books."""

from itertools import permutations

import pytest

from api.billing.chargebacks import rules
from api.billing.chargebacks.rules import Status, Told


@pytest.mark.parametrize("end", ["won", "lost"])
def test_every_order_and_repetition_books_each_step_once(end: Told) -> None:
    reports: list[Told] = ["open", "open", end, end]
    for order in set(permutations(reports)):
        known: Status | None = None
        booked: list[Told] = []
        for told in order:
            assert not rules.contradicts(known, told)
            for step in rules.steps(known, told):
                booked.append(step)
                known = step
        assert booked == ["open", end], order


@pytest.mark.parametrize(
    ("known", "told"), [("won", "lost"), ("lost", "won"), ("written_off", "won")]
)
def test_an_end_that_is_taken_back_books_nothing_and_is_said(known: Status, told: Told) -> None:
    assert rules.steps(known, told) == []
    assert rules.contradicts(known, told)
