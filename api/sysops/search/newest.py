"""The newest of the tickets that match, however many of them are older.

All that match are never read: a word can be in every fifth ticket of ten years. From the newest
ticket back, the index is read in stretches of days, each as long as the ones before it make
likely to be enough. What was measured is in docs/decisions/0017.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.kernel.paging import Position, position
from api.sysops.search.tables import TicketIndex

FIRST_ROWS: Final = 2_000
"""So many of the newest tickets are looked at one by one: frequent words are found there."""
MOST_DAYS: Final = 92
"""Longer stretches are the whole rest: what is as rare as that can be read at once."""
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_NEWEST: Final = (TicketIndex.submitted_at.desc(), TicketIndex.ticket_id.desc())

Matching = Callable[[Any], list[ColumnElement[bool]]]
"""Conditions on the columns of `TicketIndex`, or of what is selected from it."""


@dataclass(frozen=True)
class Range:
    """Where to look: strictly before a place of the list, and within moments (end excluded)."""

    before: Position | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        at, ticket = TicketIndex.submitted_at, TicketIndex.ticket_id
        found: list[ColumnElement[bool]] = []
        if self.before is not None:
            found.append(tuple_(at, ticket) < (self.before.moment, self.before.id))
        if self.since is not None:
            found.append(at >= self.since)
        if self.until is not None:
            found.append(at < self.until)
        return found


async def newest(
    session: AsyncSession, matching: Matching, where: Range, most: int
) -> list[Position]:
    """At most `most` tickets that match, the newest first; fewer only when there are no others."""
    first, edge = await _nth(session, where, 0), await _nth(session, where, FIRST_ROWS - 1)
    found = await _among_the_newest(session, matching, where, most)
    if first is None or edge is None:
        return found
    pace = max(first.moment - edge.moment, _HOUR) / FIRST_ROWS
    looked_at, stretch, end = float(FIRST_ROWS), timedelta(0), edge.moment
    rest = Range(edge, where.since)
    while len(found) < most:
        # As if three more had been found: none so far does not mean that there are none.
        rows = 2 * (most - len(found)) * looked_at / (len(found) + 3)
        stretch = min(max(rows * pace, 2 * stretch), (MOST_DAYS + 1) * _DAY)
        looked_at += stretch / pace
        start = end - stretch
        last = stretch > MOST_DAYS * _DAY or (where.since is not None and start <= where.since)
        part = Range(rest.before, where.since if last else start, rest.until)
        found += await _within(session, matching, part, end, most - len(found))
        if last:
            break
        rest, end = Range(None, where.since, start), start
    return found


async def _nth(session: AsyncSession, where: Range, place: int) -> Position | None:
    query = select(TicketIndex.submitted_at, TicketIndex.ticket_id).where(*where.conditions)
    row = (await session.execute(query.order_by(*_NEWEST).offset(place).limit(1))).one_or_none()
    return position(row.submitted_at, row.ticket_id) if row else None


async def _among_the_newest(
    session: AsyncSession, matching: Matching, where: Range, most: int
) -> list[Position]:
    """One by one: the index of words would read every ticket that has a frequent one."""
    recent = select(TicketIndex).where(*where.conditions).order_by(*_NEWEST).limit(FIRST_ROWS)
    one = aliased(TicketIndex, _first(recent, "recent"))
    query = (
        select(one.ticket_id, one.submitted_at)
        .where(*matching(one))
        .order_by(one.submitted_at.desc(), one.ticket_id.desc())
        .limit(most)
    )
    rows = await session.execute(query)
    return [position(row.submitted_at, row.ticket_id) for row in rows]


async def _within(
    session: AsyncSession, matching: Matching, where: Range, end: datetime, most: int
) -> list[Position]:
    """The newest matches of a stretch that ends at `end`."""
    conditions = [*matching(TicketIndex), *where.conditions]
    if where.since is not None and end - where.since <= MOST_DAYS * _DAY:
        conditions.append(TicketIndex.facets.overlap(_days(where.since, end)))
    matches = select(TicketIndex.ticket_id, TicketIndex.submitted_at).where(*conditions)
    found = _first(matches, "found")
    newest_first = (found.c.submitted_at.desc(), found.c.ticket_id.desc())
    rows = await session.execute(select(found).order_by(*newest_first).limit(most))
    return [position(row.submitted_at, row.ticket_id) for row in rows]


def _first(query: Any, name: str) -> Any:
    """Made before what is asked of it: else the planner bets on an order, and can lose badly."""
    return query.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")


def _days(start: datetime, end: datetime) -> list[str]:
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return [f"day:{first + number * _DAY}" for number in range((last - first).days + 1)]
