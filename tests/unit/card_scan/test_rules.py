"""What looks like a card number in a text, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.luhn import passes_luhn
from orchestration.card_scan.rules import numbers_in

CARDS = {
    "4242424242424242": "Visa",
    "4222222222222": "Visa of 13 digits",
    "5555555555554444": "Mastercard",
    "2223003122003222": "Mastercard of the 2 series",
    "378282246310005": "American Express",
    "6011111111111117": "Discover",
    "3566002020360505": "JCB",
    "30569309025904": "Diners Club",
    "6205500000000000004": "UnionPay of 19 digits",
}


@pytest.mark.parametrize("number", CARDS, ids=CARDS.values())
@pytest.mark.parametrize(
    "text", ["{}", "PAN{}x", '{{"card": {}}}', "4111 {} 2026", "a\n{}\n", "card no.{}, thanks"]
)
def test_a_card_number_is_found_whatever_stands_around_it(number: str, text: str) -> None:
    assert number[-4:] in list(numbers_in(text.format(number)))


@pytest.mark.parametrize(
    "text",
    [
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "3782 822463 10005",
        "6205 5000 0000 0000 004",
        "on 2026-11-02 4242 4242 4242 4242",
    ],
)
def test_it_is_found_as_it_is_printed_on_a_card(text: str) -> None:
    assert len(list(numbers_in(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",
        "9999999999999995",
        "+1 202 555 0100",
        "2026-11-02 2026-12-01",
        "0.4242424242424242",
        "42424242-4242-4242-8242-424242424242",
        "ch_42424242-4242-4242-8242-424242424242_1",
        "a4242424242424242" * 4,
        "ch_b4242424242424242c0ffee1",
        "42424242424242424242",
        "4242, 4242, 4242, 4242",
        "",
    ],
    ids=["check digit", "range", "phone", "days", "fraction", "uuid", "uuid in a name", "hash",
         "id", "20 digits", "list", "nothing"],
)  # fmt: skip
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert list(numbers_in(text)) == []


@given(st.integers(0, 10**14 - 1), st.text(st.characters(codec="utf-8"), max_size=20))
def test_every_visa_number_is_found_in_every_text_and_no_digit_but_the_last_four_is_told(
    middle: int, around: str
) -> None:
    begins = f"4{middle:014d}"
    number = next(f"{begins}{it}" for it in range(10) if passes_luhn(f"{begins}{it}"))
    assert number[-4:] in list(numbers_in(f"{around};{number};{around}"))
