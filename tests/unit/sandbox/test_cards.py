from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.kernel.luhn import passes_luhn
from orchestration.local.sandbox import cards
from orchestration.local.sandbox.cards import SPECIAL_CARDS, brand_of, judge

TODAY = date(2026, 3, 31)
LATER = (2099, 12)
prefixes = st.text("0123456789", min_size=11, max_size=18)


def completed(prefix: str) -> str:
    return next(f"{prefix}{digit}" for digit in range(10) if passes_luhn(f"{prefix}{digit}"))


@given(prefixes)
def test_exactly_one_check_digit_completes_a_number(prefix: str) -> None:
    assert sum(passes_luhn(f"{prefix}{digit}") for digit in range(10)) == 1


@given(prefixes, st.data())
def test_one_mistyped_digit_is_always_noticed(prefix: str, data: st.DataObject) -> None:
    number = completed(prefix)
    place = data.draw(st.integers(0, len(number) - 1))
    wrong = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[place]))
    assert not passes_luhn(number[:place] + wrong + number[place + 1 :])


def test_every_special_card_passes_luhn() -> None:
    assert all(passes_luhn(card.number) for card in SPECIAL_CARDS)


def test_the_table_in_the_documentation_lists_exactly_the_special_cards() -> None:
    rows = [line.split("|")[1] for line in (cards.__doc__ or "").splitlines() if "|" in line]
    numbers = {row.replace(" ", "") for row in rows}
    documented = {number for number in numbers if number.isdecimal()}
    assert documented == {card.number for card in SPECIAL_CARDS}


@pytest.mark.parametrize(
    ("number", "expiry", "code"),
    [
        ("4242424242424242", LATER, None),
        ("4111111111111111", LATER, None),
        ("4000000000000002", LATER, "card_declined"),
        ("4000000000009995", LATER, "insufficient_funds"),
        ("4000000000000069", LATER, "expired_card"),
        ("4000000000009987", LATER, "lost_card"),
        ("4000000000000119", LATER, "processing_error"),
        ("4242424242424241", LATER, "invalid_number"),
        ("4242424242424242", (2026, 2), "expired_card"),
        ("4242424242424242", (2025, 12), "expired_card"),
        ("4242424242424242", (2026, 3), None),
    ],
)
def test_the_number_and_the_month_decide_the_outcome(
    number: str, expiry: tuple[int, int], code: str | None
) -> None:
    decline = judge(number, expiry, TODAY)
    assert (decline.code if decline else None) == code


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("30569309025904", "card"),
    ],
)
def test_the_brand_follows_the_issuer_range(number: str, brand: str) -> None:
    assert brand_of(number) == brand
