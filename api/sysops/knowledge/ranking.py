"""Which matches are worth ranking, and what each word of a search weighs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

MOST_RANKED = 1_000
MOST_WORDS = 12
"""The rarest words of a long text say what it is about; the others only cost."""


@dataclass(frozen=True)
class Word:
    """A known word that is searched for: in how many articles it is, and how sure we are of it."""

    lexeme: str
    articles: int
    trust: float = 1.0

    @property
    def term(self) -> str:
        """As PostgreSQL's tsquery quotes it."""
        escaped = self.lexeme.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"


def rarest(words: Sequence[Word]) -> list[Word]:
    return sorted(words, key=lambda word: (word.articles, word.lexeme))[:MOST_WORDS]


def weight(word: Word, articles: int) -> float:
    """Inverse document frequency (Robertson and Sparck Jones), times the trust in the word."""
    rest = max(articles - word.articles, 0)
    return word.trust * log(1 + (rest + 0.5) / (word.articles + 0.5))


def candidates(words: Sequence[Word]) -> str:
    """A tsquery for the articles to rank: those with any of the rarest words.

    Words are taken, the rarest first, while all their articles together are few enough. An
    article with all the words has the rarest too, so it is among them. When already the rarest
    word is in too many articles, the words have to stand together.
    """
    chosen: list[Word] = []
    total = 0
    for word in words:
        total += word.articles
        if total > MOST_RANKED:
            break
        chosen.append(word)
    joint = " | " if chosen else " & "
    return joint.join(word.term for word in chosen or words)
