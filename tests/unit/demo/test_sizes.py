"""How large a demo world may be."""

from typing import Any

import pytest

from orchestration.local.demo.size import DemoSize


def test_the_usual_world_has_5000_customers_and_200_experts() -> None:
    assert DemoSize.usual(5_000) == DemoSize()


def test_a_million_customers_open_ten_million_tickets_in_two_years() -> None:
    size = DemoSize.usual(1_000_000)
    assert size.customers * size.tickets_a_year * 2 == 10_000_000
    assert size.experts > 10_000


@pytest.mark.parametrize("customers", [10, 100, 1_000, 99_999, 100_000, 1_000_000])
def test_every_usual_size_is_possible(customers: int) -> None:
    assert DemoSize.usual(customers).customers == customers


@pytest.mark.parametrize(
    "wrong",
    [{"customers": 0}, {"customers": 1_000_001}, {"experts": 3}, {"months": 0}, {"months": 61}],
)
def test_an_impossible_size_is_refused_in_words(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="A demo world has"):
        DemoSize(**wrong)
