"""What each typed word may stand for, by the words that there are."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.knowledge.spelling import guesses, similarities
from api.sysops.search.typed import SHORTEST_PART, Typed

MOST_MEANT: Final = 30
"""Words that one typed word may stand for."""
MOST_CORRECTED: Final = 4
SHORTEST_START: Final = 3
_CODE: Final = re.compile(r"[0-9@.]")

# Stop words are left out, unless there are no others: people are called Will.
_LEXEMES = text("""
    SELECT lexeme, lexeme = ANY(tsvector_to_array(to_tsvector('knowledge', :typed))) AS counts
    FROM unnest(to_tsvector('names', :typed))
""")
_KNOWN = text("""
    SELECT word FROM search_word WHERE word = ANY(CAST(:words AS text[]))
    UNION ALL SELECT code FROM search_code WHERE code = ANY(CAST(:words AS text[]))
""")
_BEGINNING = text("""
    SELECT word FROM search_word WHERE word LIKE :pattern ORDER BY length(word), word LIMIT :most
""")
# How alike words are to be is a setting: it is made before the index is asked, which needs its row.
_NEAR = text("""
    SELECT near.word
    FROM (SELECT set_config('pg_trgm.similarity_threshold', :threshold, true)) AS setting,
    LATERAL (
        SELECT word FROM search_word
        WHERE word % CASE WHEN setting.set_config IS NOT NULL THEN :typed END
        ORDER BY similarity(word, :typed) DESC, word LIMIT 40
    ) AS near
""")
# All of them first: with a limit the planner would bet on finding enough of them by chance.
_PART = text("""
    WITH found AS MATERIALIZED (SELECT code FROM search_code WHERE code LIKE :pattern)
    SELECT code FROM found
    ORDER BY code LIKE :ending DESC, length(code), code LIMIT :most
""")
# The planner keeps how frequent words are; those it does not know are rare.
_FREQUENT = text("""
    SELECT word, frequency FROM pg_stats,
        unnest(CAST(CAST(most_common_elems AS text) AS text[]), most_common_elem_freqs)
            AS common(word, frequency)
    WHERE tablename = 'ticket_index' AND attname = 'document'
        AND word = ANY(CAST(:words AS text[]))
""")
# Each search is planned for its own words, and reads by indexes even where statistics are missing.
_SETTINGS = {
    "plan_cache_mode": "force_custom_plan",
    "enable_seqscan": "off",
}

# Terms come back in cursors, through other hands.
Word = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^[^\x00]+$")]
Words = Annotated[tuple[Word, ...], msgspec.Meta(max_length=100)]


class Term(msgspec.Struct, frozen=True, array_like=True):
    """What one `typed` word, in the form that documents have, may stand for.

    `meant` is the word itself, or the whole numbers and addresses of which it is a part; `near`
    is spelt nearly so, or begins so.
    """

    typed: Word
    meant: Words = ()
    near: Words = ()

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.meant, *self.near)

    @property
    def is_word(self) -> bool:
        """Whether it may be misspelt; digits and addresses are only ever cut short."""
        return not self.typed.isdigit() and "@" not in self.typed


@dataclass(frozen=True)
class Meaning:
    """A search as words that are known: each of `terms` must be in a document.

    `corrections` says what else words were taken for, `unknown` which stand for nothing, so that
    nothing is found.
    """

    terms: tuple[Term, ...]
    corrections: dict[str, list[str]] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def any_of(words: Iterable[str]) -> str:
    """A tsquery for documents that have one of these words; at least one is given."""
    return " | ".join(quoted(word) for word in words)


def matching(terms: Sequence[Term]) -> str:
    """A tsquery for documents that have something of every term; each must stand for something."""
    return " & ".join(f"({any_of(term.words)})" for term in terms)


def preferred(terms: Sequence[Term]) -> str:
    """A tsquery for what was typed as it was typed, as far as it is known."""
    meant = [word for term in terms for word in term.meant]
    return any_of(meant) if meant else matching(terms)


def quoted(word: str) -> str:
    """A word as a tsquery takes it."""
    escaped = word.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def is_code(word: str) -> bool:
    """Whether it is no word of letters; `indexing` keeps the two apart by the same rule."""
    return _CODE.search(word) is not None


async def prepare(session: AsyncSession) -> None:
    """Settings of this transaction that every search relies on."""
    await session.execute(
        select(*(func.set_config(name, value, True) for name, value in _SETTINGS.items()))
    )


async def understand(session: AsyncSession, typed: Typed) -> Meaning:
    """What was meant. An unknown word finds nothing, so it is taken for what is near to it."""
    lexemes = await _lexemes(session, typed.words)
    known = await _known(session, [*lexemes, *typed.digits, *typed.mails])
    terms = [Term(one, (one,) if one in known else ()) for one in lexemes]
    for part in (*typed.digits, *typed.mails):
        meant = [part] if part in known else []
        if part in typed.digits or not meant:
            meant += [one for one in await _containing(session, part) if one != part]
        terms.append(Term(part, tuple(meant)))
    strange = await _near(session, [one.typed for one in terms if not one.meant and one.is_word])
    return _with_near(terms, strange)


async def widen(session: AsyncSession, meaning: Meaning) -> Meaning:
    """The same with what is spelt nearly so, or begins so; the longest words are looked for."""
    tried = [one for one in meaning.terms if one.near]
    words = [one.typed for one in meaning.terms if one.is_word and not one.near and one.meant]
    words = sorted(words, key=len, reverse=True)[: MOST_CORRECTED - len(tried)]
    near = await _near(session, words)
    return _with_near(meaning.terms, near | {one.typed: list(one.near) for one in tried})


def _with_near(terms: Sequence[Term], near: Mapping[str, list[str]]) -> Meaning:
    full = [Term(one.typed, one.meant, tuple(near.get(one.typed, ()))) for one in terms]
    unknown = [one.typed for one in full if not one.words]
    return Meaning(tuple(full), {one: words for one, words in near.items() if words}, unknown)


async def _lexemes(session: AsyncSession, words: str) -> list[str]:
    if not words:
        return []
    rows = (await session.execute(_LEXEMES, {"typed": words})).all()
    counting = [row.lexeme for row in rows if row.counts]
    return counting or [row.lexeme for row in rows]


async def _known(session: AsyncSession, words: Sequence[str]) -> set[str]:
    return set(await session.scalars(_KNOWN, {"words": list(words)})) if words else set()


async def _near(session: AsyncSession, lexemes: Sequence[str]) -> dict[str, list[str]]:
    """For each, the nearest words, of equally near ones the more frequent, and what begins so."""
    alike: dict[str, list[str]] = {}
    for lexeme in lexemes[:MOST_CORRECTED]:
        alike[lexeme] = [] if is_code(lexeme) else await _alike(session, lexeme)
    every = sorted({word for words in alike.values() for word in words})
    rows = (await session.execute(_FREQUENT, {"words": every})).all() if every else []
    frequency = {row.word: int(row.frequency * 1_000_000) for row in rows}
    near: dict[str, list[str]] = {}
    for lexeme, words in alike.items():
        nearest = guesses(lexeme, [(word, frequency.get(word, 0)) for word in words])
        others = await _continued(session, lexeme)
        found = dict.fromkeys([*(word for word, _ in nearest), *others])
        near[lexeme] = [word for word in found if word != lexeme][:MOST_MEANT]
    return near


async def _alike(session: AsyncSession, lexeme: str) -> list[str]:
    """Words with many of the same groups of three letters, as many as a slip leaves."""
    for threshold in similarities(len(lexeme)):
        asked = {"typed": lexeme, "threshold": f"{threshold:.2f}"}
        alike = list(await session.scalars(_NEAR, asked))
        if guesses(lexeme, [(word, 0) for word in alike]):
            return alike
    return []


async def _continued(session: AsyncSession, lexeme: str) -> list[str]:
    if is_code(lexeme):
        return await _containing(session, lexeme)
    if len(lexeme) < SHORTEST_START:
        return []
    pattern = {"pattern": f"{_literal(lexeme)}%", "most": MOST_MEANT}
    return list(await session.scalars(_BEGINNING, pattern))


async def _containing(session: AsyncSession, part: str) -> list[str]:
    """Telephone numbers, addresses and serial numbers that hold this, at their end at best.

    Four digits are in every hundredth telephone number. People who give four give the last, and
    those are words of the documents themselves.
    """
    if len(part) < SHORTEST_PART or (part.isdigit() and len(part) == SHORTEST_PART):
        return []
    ending = f"%{_literal(part)}"
    parameters = {"pattern": f"{ending}%", "ending": ending, "most": MOST_MEANT}
    return list(await session.scalars(_PART, parameters))


def _literal(text: str) -> str:
    """As LIKE takes it to the letter."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
