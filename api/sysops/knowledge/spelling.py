"""Which known words somebody may have meant by an unknown one. Pure."""

from collections.abc import Iterator, Sequence

SHORTEST = 4
"""Shorter words have too many neighbours for a guess to be of use."""
MOST_GUESSES = 3
LEAST_ALIKE = 0.2
"""Words with less in common are too many to look at."""


def distance(one: str, other: str) -> int:
    """Letters to add, leave out, change or swap with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, sign in enumerate(other, start=1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != sign))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == sign:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]


def guesses(typed: str, known: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """The nearest of `known` (a word and how many articles have it), with their distances.

    One slip is forgiven in a short word, two from seven letters on; of equally near words the
    more frequent comes first.
    """
    if len(typed) < SHORTEST:
        return []
    forgiven = 1 if len(typed) < 7 else 2
    near = [
        (apart, -articles, word)
        for word, articles in known
        if word != typed
        # What is longer by more has to differ by more: that is told without looking.
        and abs(len(word) - len(typed)) <= forgiven
        and (apart := distance(typed, word)) <= forgiven
    ]
    return [(word, apart) for apart, _, word in sorted(near)[:MOST_GUESSES]]


def similarities(letters: int) -> Iterator[float]:
    """Trigram similarities to look for, one after the other, until something near is found.

    A word of n letters has n + 1 trigrams (pg_trgm); swapping two letters changes four of them,
    and two slips, which are forgiven from seven letters on, leave less. In hundredths, rounded
    down: what is as alike as that is found. Of words that are too short there are none.
    """
    if letters >= SHORTEST:
        yield max(LEAST_ALIKE, 100 * (letters - 3) // (letters + 5) / 100)
    if letters >= 7:
        yield LEAST_ALIKE
