"""One search field: what is typed into it is known for what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sysops.search.typed import Typed, take_apart


@pytest.mark.parametrize(
    "text",
    [
        "+1 512 555 0123",
        "+15125550123",
        "1-512-555-0123",
        "+1 (512) 555-0123",
        "\u202a+1 512\u2011555\u20130123\u202c",
    ],
)
def test_a_telephone_number_is_one_in_any_notation(text: str) -> None:
    assert take_apart(text) == Typed(digits=("15125550123",))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(512) 555-0123", ("5125550123",)),
        ("512.555.0123", ("5125550123",)),
        ("512/555 0123", ("5125550123",)),
        ("555-0123", ("5550123",)),
        ("555 0123", ("5550123",)),
        ("512-555", ("512555",)),
        ("+44 20 7946 0018", ("442079460018",)),
        ("0123", ("0123",)),
        ("100234", ("100234",)),
        ("#100234", ("100234",)),
        ("100234 78701", ("100234", "78701")),
        ("78701 555-0123", ("78701", "5550123")),
        ("78701-1234", ("78701",)),
        ("37-12 11372", ("37", "12", "11372")),
        ("100234 512 555 0123", ("100234", "5125550123")),
        ("7 7 7", ("7",)),
    ],
)  # fmt: skip
def test_numbers_beside_each_other_are_joined_only_when_they_are_one_telephone_number(
    text: str, digits: tuple[str, ...]
) -> None:
    assert take_apart(text) == Typed(digits=digits)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Ada Lovelace", Typed("Ada Lovelace")),
        ("350 Fifth Ave, 10118", Typed("Fifth Ave,", ("350", "10118"))),
        ("Ada@Example.COM, laptop", Typed("laptop", (), ("ada@example.com",))),
        ("<ada@example.com> 100234", Typed("", ("100234",), ("ada@example.com",))),
        ("lovelace@", Typed("lovelace@")),
        ("O'Brien  82nd", Typed("O'Brien 82nd")),
        ("serial SN-12345", Typed("serial SN-12345")),
        ("ﬁne ５１２-５５５-０１２３", Typed("fine", ("5125550123",))),
        ("", Typed()),
        ("  \t ", Typed()),
    ],
)
def test_the_rest_are_words_and_addresses(text: str, typed: Typed) -> None:
    assert take_apart(text) == typed


def test_a_number_too_large_for_a_ticket_is_not_asked_for_as_one() -> None:
    assert take_apart("100234 99999999999999999999").numbers == [100_234]


@given(st.text())
def test_any_text_can_be_taken_apart_and_no_digit_is_made_up(text: str) -> None:
    typed = take_apart(text)
    assert all(one.isascii() and one.isdigit() for one in typed.digits)
    assert all("@" in one for one in typed.mails)
