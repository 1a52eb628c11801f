"""Finding published articles by words, typos and accents forgiven. Services never commit."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.sets import equals_any
from api.sysops.knowledge.ranking import MOST_RANKED, Word, candidates, rarest, weight
from api.sysops.knowledge.rules import kept_words
from api.sysops.knowledge.service import Listing
from api.sysops.knowledge.spelling import guesses, similarities
from api.sysops.knowledge.tables import Article, ArticleIndex, ArticleQuery, Readers

TOLD_FROM = 3
"""What fewer customers typed may be somebody's name, and is everybody else's no business."""
ENOUGH = 3
"""With fewer results, words that are spelt nearly the same are tried too."""
# Noncharacters: no text that is checked at the border can hold them, so no article marks itself.
START, STOP = "\ufdd0", "\ufdd1"
# An estimate of all articles is enough for a weight, and costs no count.
_KNOWN = text("""
    SELECT lexeme, coalesce(articles, 0) AS articles, (
        SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'article_index'::regclass
    ) AS total
    FROM unnest(to_tsvector('knowledge', :typed)) LEFT JOIN article_word ON word = lexeme
""")
# How alike words are to be is a setting: it is made before the index is asked, which needs its row.
_NEAR = text("""
    SELECT near.word, near.articles
    FROM (SELECT set_config('pg_trgm.similarity_threshold', :threshold, true)) AS setting,
    LATERAL (
        SELECT word, articles FROM article_word
        WHERE word % CASE WHEN setting.set_config IS NOT NULL THEN :typed END AND articles > 0
        ORDER BY similarity(word, :typed) DESC, word LIMIT 40
    ) AS near
""")
SNIPPET_OPTIONS = f"StartSel={START}, StopSel={STOP}, MinWords=12, MaxWords=30, MaxFragments=2"


@dataclass(frozen=True)
class Found:
    """An article, and the part of it that matched with `START` and `STOP` around each match."""

    article: Article
    snippet: str


@dataclass(frozen=True)
class Result:
    """What was found, and what else each unknown word was taken for."""

    found: list[Found]
    corrections: dict[str, list[str]]


async def find(session: AsyncSession, typed: str, listing: Listing, size: int) -> Result:
    """The best published articles for what somebody typed, the best first."""
    typed = unicodedata.normalize("NFKC", typed)
    rows = (await session.execute(_KNOWN, {"typed": typed})).all()
    words = [Word(row.lexeme, row.articles) for row in rows if row.articles > 0]
    unknown = [row.lexeme for row in rows if row.articles == 0]
    # An unknown word finds nothing, so what was meant is searched for at once.
    near = await _near(session, unknown) if unknown else {}
    words += [word for meant in near.values() for word in meant]
    total = int(rows[0].total) if rows else 1
    ids = await _ranked(session, words, listing, size, total)
    if len(ids) < ENOUGH and not near and words:
        near = await _near(session, [word.lexeme for word in words])
        words += [word for meant in near.values() for word in meant]
        ids = await _ranked(session, words, listing, size, total) if near else ids
    corrections = {lexeme: [word.lexeme for word in meant] for lexeme, meant in near.items()}
    return Result(await _shown(session, ids, words), corrections)


async def count(
    session: AsyncSession, typed: str, results: int, now: datetime, asked_by: Readers = "staff"
) -> UUID:
    """Remember that this was looked for, by nobody in particular; returns the search's id."""
    asked = ArticleQuery(
        words=kept_words(typed),
        results=results,
        asked_by=asked_by,
        asked_at=now,
    )
    session.add(asked)
    await session.flush()
    return asked.id


async def in_vain(
    session: AsyncSession, now: datetime, days: int, size: int, asked_by: Readers | None = None
) -> list[tuple[str, int, datetime]]:
    """What found nothing: the words, how often, and when last; the most frequent first.

    What customers alone looked for is told when it was looked for `TOLD_FROM` times.
    """
    times, last = func.count(), func.max(ArticleQuery.asked_at)
    by_staff = times.filter(ArticleQuery.asked_by == "staff")
    query = (
        select(ArticleQuery.words, times, last)
        .where(
            ArticleQuery.results == 0,
            ~ArticleQuery.forgotten,
            ArticleQuery.asked_at >= now - timedelta(days=days),
        )
        .group_by(ArticleQuery.words)
        .having(or_(by_staff > 0, times >= TOLD_FROM))
        .order_by(times.desc(), last.desc(), ArticleQuery.words)
        .limit(size)
    )
    if asked_by is not None:
        query = query.where(ArticleQuery.asked_by == asked_by)
    return [(words, number, at) for words, number, at in await session.execute(query)]


async def _near(session: AsyncSession, lexemes: Sequence[str]) -> dict[str, list[Word]]:
    near: dict[str, list[Word]] = {}
    for lexeme in sorted(lexemes, key=len, reverse=True)[:4]:
        meant = await _meant(session, lexeme)
        if meant:
            near[lexeme] = meant
    return near


async def _meant(session: AsyncSession, lexeme: str) -> list[Word]:
    """The nearest words, looked for among those as alike as a slip leaves them, then among more."""
    for threshold in similarities(len(lexeme)):
        asked = {"typed": lexeme, "threshold": f"{threshold:.2f}"}
        rows = (await session.execute(_NEAR, asked)).all()
        known = {row.word: row.articles for row in rows}
        if meant := guesses(lexeme, list(known.items())):
            return [Word(word, known[word], 1 / (1 + apart)) for word, apart in meant]
    return []


async def _ranked(
    session: AsyncSession, words: Sequence[Word], listing: Listing, size: int, total: int
) -> list[UUID]:
    if not words:
        return []
    terms = rarest(words)
    weights = [weight(word, total) for word in terms]
    facets = _facets(listing)
    chosen = candidates(terms)
    ids = list(await session.scalars(_best(chosen, facets, terms, weights, size)))
    if len(ids) < ENOUGH and terms[0].articles > MOST_RANKED:
        # All words are frequent and seldom together: after those, some with the rarest.
        more = await session.scalars(_best(terms[0].term, facets, terms, weights, size))
        ids = list(dict.fromkeys([*ids, *more]))[:size]
    return ids


def _facets(listing: Listing) -> list[ColumnElement[bool]]:
    """What is asked for, and nothing else: of what every article has, the index reads all."""
    having = [
        f"{kind}:{value}"
        for kind, value in (("tag", listing.tag), ("for", listing.audience))
        if value
    ]
    either = [
        [f"{kind}:", f"{kind}:{code}"]
        for kind, code in (("device", listing.device_type), ("type", listing.ticket_type))
        if code
    ]
    contained = [ArticleIndex.facets.contains(having)] if having else []
    return [*contained, *(ArticleIndex.facets.overlap(one) for one in either)]


def _best(
    matching: str,
    facets: Sequence[ColumnElement[bool]],
    terms: Sequence[Word],
    weights: Sequence[float],
    size: int,
) -> Select[UUID]:
    """The best `size` of at most `MOST_RANKED` articles."""
    candidate = (
        select(ArticleIndex.article_id, ArticleIndex.document)
        .where(ArticleIndex.document.bool_op("@@")(cast(matching, TSQUERY)), *facets)
        .limit(MOST_RANKED)
        .cte("candidate")
        .prefix_with("MATERIALIZED")
    )
    ranks = (
        cast(weight, DOUBLE_PRECISION)
        * func.ts_rank(candidate.c.document, cast(word.term, TSQUERY))
        for word, weight in zip(terms, weights, strict=True)
    )
    best = reduce(add, ranks).desc()
    return select(candidate.c.article_id).order_by(best, candidate.c.article_id.desc()).limit(size)


async def _shown(session: AsyncSession, ids: list[UUID], words: Sequence[Word]) -> list[Found]:
    if not ids:
        return []
    found = cast(" | ".join(word.term for word in words), TSQUERY)
    options = literal(SNIPPET_OPTIONS, Text)
    snippet = func.ts_headline(text("'knowledge'"), Article.body, found, options)
    query = select(Article, snippet).where(equals_any(Article.id, ids))
    shown = {it.id: Found(it, marked) for it, marked in await session.execute(query)}
    return [shown[it] for it in ids if it in shown]
