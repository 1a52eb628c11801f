"""Keeping what replays of past days found, and comparing two policies by them.

Services never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.kernel.errors import FieldError, Invalid
from api.sysops.assignment.backtest_rules import ASSUMPTIONS, Figures, Pair
from api.sysops.assignment.service import find, title_of, use_of
from api.sysops.assignment.tables import AssignmentPolicy, PolicyBacktest

USUALLY_COMPARED = ("least-travel", "balanced")
"""The policy beside the one in use when none is named; the second when that is the first."""
MOST_DAYS = 366


class TwoPolicies(NamedTuple):
    """The versions that are compared; differences are B's figures minus A's."""

    a: AssignmentPolicy
    b: AssignmentPolicy


@dataclass(frozen=True)
class Replay:
    """A day under both policies."""

    day: date
    figures: Pair
    seed: int
    made_at: datetime
    assumptions: Sequence[str]


class Known(NamedTuple):
    """Two policies that have been compared, in the order in which they were, and on what days."""

    a: str
    b: str
    days: int
    first: date
    last: date


async def two_policies(session: AsyncSession, a: str | None, b: str | None) -> TwoPolicies:
    """The versions that `balanced/1`, or `balanced` for the newest, name.

    A is the one in use when it is not named, B one beside it. Raises NotFound, and Invalid when
    both are the same.
    """
    _, in_use = await use_of(session)
    first = await _named(session, a) if a else in_use
    second = await _named(session, b or next(it for it in USUALLY_COMPARED if it != first.name))
    if first.id == second.id:
        words = f"Both are {title_of(first)}: choose two policies that differ."
        raise Invalid([FieldError("/policy_b", words)])
    return TwoPolicies(first, second)


async def _named(session: AsyncSession, title: str) -> AssignmentPolicy:
    name, _, version = title.partition("/")
    return await find(session, name, int(version) if version else None)


async def keep(session: AsyncSession, two: TwoPolicies, found: Replay) -> None:
    """Keep a day; what an earlier replay of the same two found is replaced."""
    values = {
        "figures": {"a": _kept(found.figures.a), "b": _kept(found.figures.b)},
        "assumptions": list(found.assumptions),
        "seed": found.seed,
        "made_at": found.made_at,
    }
    row = {"policy_a_id": two.a.id, "policy_b_id": two.b.id, "day": found.day, **values}
    keys = [PolicyBacktest.policy_a_id, PolicyBacktest.policy_b_id, PolicyBacktest.day]
    statement = insert(PolicyBacktest).values(row)
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=values))


async def replays(
    session: AsyncSession, two: TwoPolicies, since: date | None = None, until: date | None = None
) -> list[Replay]:
    """The days on which these two were compared, in their order: the last `MOST_DAYS` of them.

    Also where they were compared the other way round; of a day with both the newer one counts.
    """
    query = select(PolicyBacktest).where(or_(_are(two.a.id, two.b.id), _are(two.b.id, two.a.id)))
    if since is not None:
        query = query.where(PolicyBacktest.day >= since)
    if until is not None:
        query = query.where(PolicyBacktest.day <= until)
    # Twice as many: each day may be there in both ways.
    newest = query.order_by(PolicyBacktest.day.desc()).limit(2 * MOST_DAYS)
    by_day: dict[date, PolicyBacktest] = {}
    for row in sorted(await session.scalars(newest), key=lambda it: it.made_at):
        by_day[row.day] = row
    return [_replay(by_day[day], two) for day in sorted(by_day)][-MOST_DAYS:]


async def known(session: AsyncSession) -> list[Known]:
    """All pairs of policies that have been compared, the latest days first."""
    a, b = aliased(AssignmentPolicy), aliased(AssignmentPolicy)
    last = func.max(PolicyBacktest.day)
    query = (
        select(a, b, func.count(), func.min(PolicyBacktest.day), last)
        .join(a, a.id == PolicyBacktest.policy_a_id)
        .join(b, b.id == PolicyBacktest.policy_b_id)
        .group_by(a.id, b.id)
        .order_by(last.desc(), a.name, a.version, b.name, b.version)
    )
    return [
        Known(title_of(one), title_of(other), days, first, latest)
        for one, other, days, first, latest in await session.execute(query)
    ]


def assumptions_of(found: Sequence[Replay]) -> Sequence[str]:
    """What the replays took for granted, those of the newest; before there are any, what would
    be."""
    return max(found, key=lambda it: it.made_at).assumptions if found else ASSUMPTIONS


def _are(a: UUID, b: UUID) -> ColumnElement[bool]:
    return and_(PolicyBacktest.policy_a_id == a, PolicyBacktest.policy_b_id == b)


def _kept(figures: Figures) -> dict[str, float]:
    kept: dict[str, float] = msgspec.to_builtins(figures)
    return kept


def _replay(row: PolicyBacktest, two: TwoPolicies) -> Replay:
    a, b = (msgspec.convert(row.figures[it], Figures) for it in ("a", "b"))
    figures = Pair(a, b) if row.policy_a_id == two.a.id else Pair(b, a)
    return Replay(row.day, figures, row.seed, row.made_at, row.assumptions)
