"""Finding tickets: by what somebody typed, best first, or the newest of a kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Self
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.paging import Position, cursor_of, cursor_to, place_of, position, position_of
from api.kernel.sets import equals_any
from api.sysops.search.filters import Filters, having
from api.sysops.search.newest import Range, newest
from api.sysops.search.tables import TicketIndex
from api.sysops.search.typed import Typed
from api.sysops.search.words import Meaning, Term, matching, preferred, prepare, understand, widen
from api.sysops.tickets.tables import Ticket

MOST_RANKED: Final = 1_000
"""So many of the newest matches are put in order; older ones follow, in order among themselves."""
MOST_LOOKED_THROUGH: Final = 4
"""Thousands of matches that one page looks through for those that pass the other filters."""
ENOUGH: Final = 3
"""With fewer results, words that are spelt nearly the same, or begin so, are tried too."""

# People and numbers weigh most, then places, what was written, what was done; see the migration.
_SCORES = text("""
    SELECT ticket_id, submitted_at, CAST(1000 * (
        ts_rank(document, CAST(:matching AS tsquery))
        + ts_rank(document, CAST(:preferred AS tsquery))
    ) AS int) AS score
    FROM ticket_index WHERE ticket_id = ANY(CAST(:ids AS uuid[]))
""")

_MICROSECOND: Final = timedelta(microseconds=1)

Score = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class RankedPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a ranked list goes on: within the thousand before `block`, after `last` if given.

    It keeps what the words were taken for, so that a word that is new meanwhile does not change
    the order of a list that is being read.
    """

    terms: tuple[Term, ...]
    block: Position | None = None
    score: Score = 0
    last: Position | None = None

    def __post_init__(self) -> None:
        if not self.terms or not all(term.words for term in self.terms):
            raise ValueError("There is nothing to look for.")


@dataclass(frozen=True)
class Found:
    """Tickets in their order, where the list goes on, and what the words were taken for."""

    ids: list[UUID]
    next_cursor: str | None = None
    meaning: Meaning = field(default_factory=lambda: Meaning(()))


@dataclass(frozen=True)
class Block:
    """The newest matches before some place that pass, and the last that was looked at, None where
    there are no more."""

    passing: list[Position]
    end: Position | None = None

    @classmethod
    def of(cls, passing: list[Position], looked_at: list[Position], most: int) -> Self:
        return cls(passing, looked_at[-1] if len(looked_at) == most else None)


@dataclass(frozen=True)
class Search:
    """One question: `size` is of a page."""

    session: AsyncSession
    filters: Filters
    size: int
    now: datetime

    async def listed(self, cursor: str | None) -> Found:
        """The newest tickets that pass the filters."""
        await prepare(self.session)
        before = position_of(cursor) if cursor else None
        at_once = self.filters.few or not self.filters.passing(self.now)
        most = self.size + 1 if at_once else MOST_RANKED
        found: list[Position] = []
        for _ in range(MOST_LOOKED_THROUGH):
            block = await self._block(None, before, most)
            found += block.passing
            before = block.end
            if before is None or len(found) > self.size:
                break
        page = found[: self.size]
        goes_on = page[-1] if len(found) > self.size else before
        following = cursor_of(goes_on.moment, goes_on.id) if goes_on else None
        return Found([place.id for place in page], following)

    async def found(self, typed: Typed, cursor: str | None) -> Found:
        """Tickets with all that was typed, the best first; a ticket's own number is the best."""
        await prepare(self.session)
        if cursor:
            return await self._ranked(place_of(cursor, RankedPlace), Meaning(()))
        numbered = await self._numbered(typed)
        if not numbered:
            return await self.worded(typed, ENOUGH)
        others = replace(self, size=max(self.size - len(numbered), 1))
        found = await others.worded(typed, ENOUGH - len(numbered))
        ids = list(dict.fromkeys([*numbered, *found.ids]))
        return Found(ids, found.next_cursor, Meaning(found.meaning.terms))

    async def worded(self, typed: Typed, enough: int) -> Found:
        """The same without the number; with fewer than `enough`, words are taken more widely."""
        meaning = await understand(self.session, typed)
        found = await self._understood(meaning)
        if len(found.ids) < enough and found.next_cursor is None:
            wider = await widen(self.session, meaning)
            if wider.terms != meaning.terms:
                found = await self._understood(wider)
        return found

    async def _numbered(self, typed: Typed) -> list[UUID]:
        query = select(Ticket.id).where(
            Ticket.number.in_(typed.numbers), *self.filters.all(self.now)
        )
        return list(await self.session.scalars(query.order_by(Ticket.number)))

    async def _understood(self, meaning: Meaning) -> Found:
        if not meaning.terms or meaning.unknown:
            return Found([], None, meaning)
        return await self._ranked(RankedPlace(meaning.terms), meaning)

    async def _ranked(self, place: RankedPlace, meaning: Meaning) -> Found:
        following: RankedPlace | None = place
        for _ in range(MOST_LOOKED_THROUGH):
            if following is None:
                break
            place = following
            block = await self._block(matching(place.terms), place.block, MOST_RANKED)
            rest = await self._after(place, block.passing)
            following = RankedPlace(place.terms, block.end) if block.end else None
            if rest:
                page = rest[: self.size]
                if len(rest) > self.size:
                    score, last = page[-1]
                    following = RankedPlace(place.terms, place.block, score, last)
                return Found([it.id for _, it in page], _cursor(following), meaning)
        return Found([], _cursor(following), meaning)

    async def _after(
        self, place: RankedPlace, block: Sequence[Position]
    ) -> list[tuple[int, Position]]:
        """What follows in the order of a block: the best first, of equals the newest."""
        parameters = {
            "matching": matching(place.terms),
            "preferred": preferred(place.terms),
            "ids": [one.id for one in block],
        }
        rows = await self.session.execute(_SCORES, parameters)
        scored = [(row.score, position(row.submitted_at, row.ticket_id)) for row in rows]
        scored.sort(key=_order, reverse=True)
        if place.last is None:
            return scored
        last = _order((place.score, place.last))
        return [one for one in scored if _order(one) < last]

    async def _block(self, query: str | None, before: Position | None, most: int) -> Block:
        """The newest matches of a tsquery, and those of them that pass."""
        filters = self.filters
        if filters.few:
            places = await self._few(query, before, most)
            return Block.of(places, places, most)
        where = await self._range(before)
        if where is None:
            return Block([])

        def conditions(index: Any) -> list[ColumnElement[bool]]:
            return [*filters.facets(index), *([having(query, index)] if query else [])]

        places = await newest(self.session, conditions, where, most)
        return Block.of(await self._passing(places), places, most)

    async def _few(self, query: str | None, before: Position | None, most: int) -> list[Position]:
        """The tickets themselves are asked: there are few, and the latest are among them."""
        at, ticket = Ticket.submitted_at, Ticket.id
        wanted = select(ticket, at).where(*self.filters.all(self.now))
        if before is not None:
            wanted = wanted.where(tuple_(at, ticket) < (before.moment, before.id))
        if query is not None:
            wanted = wanted.join(TicketIndex, TicketIndex.ticket_id == ticket).where(having(query))
        rows = await self.session.execute(wanted.order_by(at.desc(), ticket.desc()).limit(most))
        return [position(row.submitted_at, row.id) for row in rows]

    async def _range(self, before: Position | None) -> Range | None:
        """Where to look. The newest ticket of a state is the first that can pass: closed ones lie
        behind weeks of those that are not."""
        filters = self.filters
        if before is not None or not filters.statuses:
            return Range(before, filters.since, filters.until)
        until = [] if filters.until is None else [Ticket.submitted_at < filters.until]
        newest_of_each = [
            select(func.max(Ticket.submitted_at))
            .where(Ticket.status == status, *until)
            .scalar_subquery()
            for status in sorted(filters.statuses)
        ]
        latest = await self.session.scalar(select(func.greatest(*newest_of_each)))
        return Range(None, filters.since, latest + _MICROSECOND) if latest else None

    async def _passing(self, places: list[Position]) -> list[Position]:
        passing = self.filters.passing(self.now)
        if not passing or not places:
            return places
        these = equals_any(Ticket.id, [one.id for one in places])
        chosen = set(await self.session.scalars(select(Ticket.id).where(these, *passing)))
        return [one for one in places if one.id in chosen]


def _order(one: tuple[int, Position]) -> tuple[int, int, UUID]:
    score, place = one
    return score, place.microseconds, place.id


def _cursor(place: RankedPlace | None) -> str | None:
    return cursor_to(place) if place else None
