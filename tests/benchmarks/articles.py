"""Made-up articles of any number, in words as unevenly frequent as those of a language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WORDS: Final = 30_000
WORDS_EACH: Final = 120
TITLE_WORDS: Final = 6
COMMON: Final = 200
"""The most frequent words say nothing of an article; nobody asks by them alone."""
TYPOS: Final = 5
"""Every fifth question has one."""
_SYLLABLES: Final = [first + vowel for first in "bdfgklmnprtvz" for vowel in "aeiou"]


@dataclass(frozen=True)
class Question:
    """Words of one article, some with a slip, and which article is meant."""

    typed: str
    article: int
    has_typo: bool


class Library:
    """The same articles for the same seed; Zipf's law says how often a word is written."""

    def __init__(self, articles: int, seed: int = 1) -> None:
        self.articles = articles
        self._seed = seed
        random = np.random.default_rng(seed)
        self.words = _words(random)
        share = 1 / np.arange(1, WORDS + 1)
        self._sums = np.cumsum(share / share.sum())

    def texts(self, size: int) -> Iterator[list[tuple[str, str]]]:
        """Title and body of all articles, in order, so many at once."""
        for start in range(0, self.articles, size):
            chosen = self._chosen(range(start, min(start + size, self.articles)))
            yield [(self._said(_title(it)), self._said(it)) for it in chosen]

    def questions(self, count: int) -> list[Question]:
        """Three words each, one of them of the title."""
        random = np.random.default_rng(self._seed + 1)
        found = []
        for number in range(count):
            article = int(random.integers(self.articles))
            (words,) = self._chosen(range(article, article + 1))
            rare = np.unique(words[words >= COMMON])
            title = _title(words)
            asked = [int(random.choice(title[title >= COMMON]))]
            asked += [int(it) for it in random.choice(rare, 3, replace=False) if it != asked[0]][:2]
            typed = [self.words[it] for it in asked]
            has_typo = number % TYPOS == 0
            if has_typo:
                longest = max(range(len(typed)), key=lambda it: len(typed[it]))
                typed[longest] = _slipped(typed[longest], random)
            found.append(Question(" ".join(typed), article, has_typo))
        return found

    def _chosen(self, articles: range) -> list[NDArray[np.int64]]:
        """The words of each article, which depend on its number alone."""
        made = []
        for article in articles:
            random = np.random.default_rng((self._seed, article))
            words = np.searchsorted(self._sums, random.random(WORDS_EACH))
            made.append(np.minimum(words, WORDS - 1))
        return made

    def _said(self, words: NDArray[np.int64]) -> str:
        return " ".join(self.words[it] for it in words)


def _title(words: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rarest words of the text name it."""
    return np.unique(words)[-TITLE_WORDS:]


def _words(random: np.random.Generator) -> Sequence[str]:
    """Distinct words of two to five syllables."""
    known: dict[str, None] = {}
    while len(known) < WORDS:
        syllables = random.choice(_SYLLABLES, int(random.integers(2, 6)))
        known["".join(syllables) + "kx"[int(random.integers(2))]] = None
    return list(known)


def _slipped(word: str, random: np.random.Generator) -> str:
    """One letter is left out, doubled, or swapped with the next."""
    at = int(random.integers(1, len(word) - 1))
    kind = int(random.integers(3))
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at] + word[at:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
