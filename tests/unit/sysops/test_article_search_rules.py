"""Which words a search may mean, and which matches are worth ranking."""

import pytest

from api.sysops.knowledge.ranking import MOST_WORDS, Word, candidates, rarest, weight
from api.sysops.knowledge.rules import kept_words
from api.sysops.knowledge.spelling import distance, guesses


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Hovercraft  eels", "hovercraft eels"),
        ("UE55NU7100 no picture", "ue55nu7100 no picture"),  # a model
        ("WH1000XM4 hums", "wh1000xm4 hums"),
        ("tag 4KZ8X12", "tag"),  # serial numbers
        ("PF3XK21B stays dark", "stays dark"),
        ("c02xg0fdjgh5", "(a number or an address)"),
        ("call +1 (212) 555-0123", "call"),
        ("ada@example.com", "(a number or an address)"),
        ("ticket 100042", "ticket"),
    ],
)
def test_of_a_search_the_words_are_kept_and_nobodys_numbers(typed: str, kept: str) -> None:
    assert kept_words(typed) == kept


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [("lap", "lap", 0), ("lapotp", "laptop", 1), ("batery", "battery", 1), ("", "abc", 3)],
)
def test_a_slip_of_the_finger_counts_once(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == distance(other, one) == apart


def test_of_equally_near_words_the_more_frequent_is_meant() -> None:
    known = [("screed", 1), ("screen", 50), ("scream", 90)]
    assert guesses("screex", known) == [("screen", 1), ("screed", 1)]


def test_short_words_are_not_guessed_at() -> None:
    assert guesses("tvv", [("tv", 9)]) == []


def test_the_rarest_words_choose_what_is_ranked() -> None:
    words = rarest([Word("the", 90_000), Word("hum", 400), Word("it's", 500)])
    assert candidates(words) == "'hum' | 'it''s'"


def test_words_that_are_all_frequent_have_to_stand_together() -> None:
    assert candidates(rarest([Word("b", 5_000), Word("a", 2_000)])) == "'a' & 'b'"


def test_of_a_long_text_the_rarest_words_are_taken() -> None:
    words = rarest([Word(str(number), number) for number in range(100, 0, -1)])
    assert [word.articles for word in words] == list(range(1, MOST_WORDS + 1))


def test_a_rare_word_weighs_more_and_a_guess_less() -> None:
    assert weight(Word("a", 1), 1_000) > weight(Word("a", 100), 1_000) > 0
    assert weight(Word("a", 1, trust=0.5), 1_000) == weight(Word("a", 1), 1_000) / 2
