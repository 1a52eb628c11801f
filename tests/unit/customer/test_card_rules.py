"""Card numbers: the check digit, the network, the last month, and that they do not print."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.customer.cards.fields import CardNumber
from api.customer.cards.rules import brand_of, expiry_errors
from api.kernel.luhn import passes_luhn

DIGITS = st.text("0123456789", min_size=11, max_size=18)
VISA = "4242424242424242"


def completed(digits: str) -> str:
    """The digits with the check digit that makes them a number."""
    return next(digits + last for last in "0123456789" if passes_luhn(digits + last))


@given(DIGITS)
def test_exactly_one_check_digit_completes_a_number(digits: str) -> None:
    assert sum(passes_luhn(digits + last) for last in "0123456789") == 1


@given(DIGITS, st.data())
def test_one_wrong_digit_is_always_noticed(digits: str, data: st.DataObject) -> None:
    number = completed(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != number[place]]))
    assert not passes_luhn(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(
    ("digits", "brand"),
    [
        (VISA, "visa"),
        ("5555555555554444", "mastercard"),
        ("2223003122003222", "mastercard"),
        ("378282246310005", "amex"),
        ("6011111111111117", "discover"),
        ("6500000000000002", "discover"),
        ("3566002020360505", "jcb"),
        ("3056930009020004", "diners"),
        ("9999999999999995", "other"),
    ],
)
def test_the_first_digits_tell_the_network(digits: str, brand: str) -> None:
    assert brand_of(digits) == brand


@pytest.mark.parametrize(
    ("month", "year", "pointers"),
    [
        (3, 2026, []),
        (2, 2026, ["/exp_year"]),
        (12, 2025, ["/exp_year"]),
        (1, 2046, []),
        (1, 2047, ["/exp_year"]),
        (0, 2030, ["/exp_month"]),
    ],
)
def test_a_card_is_good_through_the_last_day_of_its_month(
    month: int, year: int, pointers: list[str]
) -> None:
    errors = expiry_errors(month, year, date(2026, 3, 31))
    assert [error.pointer for error in errors] == pointers


@given(DIGITS.filter(lambda digits: set(digits) != {"0"}))
def test_a_card_number_does_not_print_by_accident(digits: str) -> None:
    number = CardNumber.parse(completed(digits))
    shown = f"{number} {number!r} {number!s} {[number]} {'%s'} {number:>30}" % number
    assert completed(digits) not in shown
    assert number.reveal() == completed(digits)
    assert type(number.reveal()) is str


@pytest.mark.parametrize("typed", ["4242 4242 4242 4242", "4242-4242-4242-4242", VISA])
def test_blanks_and_hyphens_do_not_matter(typed: str) -> None:
    assert CardNumber.parse(typed).reveal() == VISA


@given(st.text(max_size=40).filter(lambda typed: len(typed.strip()) > 3))
def test_an_error_never_repeats_what_was_typed(typed: str) -> None:
    try:
        CardNumber.parse(typed)
    except ValueError as error:
        assert typed not in str(error)  # noqa: PT017 - some texts are numbers
