"""How what is meant is written as a query, and how far words may be apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.sysops.knowledge.spelling import LEAST_ALIKE, similarities
from api.sysops.search.words import Term, is_code, matching, preferred, quoted


def alike(one: str, other: str) -> float:
    """As pg_trgm counts: groups of three letters in both, of those in either."""
    first, second = (
        {padded[at : at + 3] for at in range(len(padded) - 2)}
        for padded in (f"  {one} ", f"  {other} ")
    )
    return len(first & second) / len(first | second)


def test_every_word_must_be_there_in_one_of_its_meanings() -> None:
    terms = [Term("smith", ("smith",), ("smyth",)), Term("0123", ("15125550123", "15125560123"))]
    assert matching(terms) == "('smith' | 'smyth') & ('15125550123' | '15125560123')"
    assert preferred(terms) == "'smith' | '15125550123' | '15125560123'"


def test_what_is_only_nearly_known_is_preferred_to_nothing() -> None:
    assert preferred([Term("smiht", (), ("smith",))]) == "('smith')"


@pytest.mark.parametrize(
    ("word", "query"), [("o'brien", "'o''brien'"), ("back\\slash", "'back\\\\slash'")]
)
def test_a_word_cannot_leave_its_quotes(word: str, query: str) -> None:
    assert quoted(word) == query


@pytest.mark.parametrize("word", ["a1", "ada@example", "example.com"])
def test_numbers_and_addresses_are_no_words(word: str) -> None:
    assert is_code(word)
    assert not is_code("smith-jon")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("flicer", "flicker"),
        ("batery", "battery"),
        ("lovlace", "lovelace"),
        ("johnsen", "johnson"),
        ("martinze", "martinez"),
        ("refridgerator", "refrigerator"),
        ("bluteooth", "bluetooth"),
    ],
)
def test_one_slip_is_found_by_the_first_look(typed: str, meant: str) -> None:
    assert alike(typed, meant) >= next(similarities(len(typed)))


def test_words_of_three_letters_have_too_many_neighbours_to_look_for() -> None:
    assert [list(similarities(letters)) for letters in range(4)] == [[]] * 4


@given(st.integers(min_value=4, max_value=300))
def test_the_second_look_is_wider_and_only_for_words_with_two_slips(letters: int) -> None:
    looks = list(similarities(letters))
    assert looks == sorted(looks, reverse=True)
    assert looks[-1] >= LEAST_ALIKE
    assert (len(looks) == 2) == (letters >= 7)
