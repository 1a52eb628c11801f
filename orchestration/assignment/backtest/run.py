"""Days replayed under two policies, one after another: read, replayed twice, kept."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.kernel import clock
from api.kernel.database import plain_url
from api.sysops.assignment.backtest_rules import ASSUMPTIONS, MEASURES, Pair
from api.sysops.assignment.backtest_service import Replay, TwoPolicies, keep, two_policies
from api.sysops.assignment.policy import Policy
from api.sysops.assignment.service import settings_of, title_of
from orchestration.assignment.backtest.day import Day, read
from orchestration.assignment.backtest.replay import Replayed, figures, replay

ZONE = ZoneInfo("America/New_York")
"""Its days hold the working hours of the whole country."""
Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True)
class Done:
    """One day, replayed and kept; `unproven` counts solutions whose certificate did not hold."""

    day: date
    policy_a: str
    policy_b: str
    figures: Pair
    unproven: int
    seconds: float

    def as_metadata(self) -> dict[str, Any]:
        numbers = {
            f"{side}_{it.name}": getattr(own, it.name)
            for it in MEASURES
            for side, own in zip("ab", self.figures, strict=True)
        }
        return {
            "policy_a": self.policy_a,
            "policy_b": self.policy_b,
            "tickets": self.figures.a.tickets,
            **numbers,
            "unproven": self.unproven,
            "seconds": round(self.seconds, 1),
        }

    def __str__(self) -> str:
        sides = zip((self.policy_a, self.policy_b), self.figures, strict=True)
        told = "; ".join(
            f"{name} serves {it.served}, {it.late} late, {it.travel_km:,.0f} km"
            for name, it in sides
        )
        return f"{self.day}: {self.figures.a.tickets} tickets; {told}; {self.seconds:.1f} s"


async def backtest(
    sessions: Sessions, days: Sequence[date], a: str | None, b: str | None, seed: int
) -> AsyncIterator[Done]:
    """Replay days under two policies, named as `two_policies` takes them.

    Only one day is in memory at a time, and each is kept before the next begins: what dies on the
    way leaves whole days, and a day that is replayed again is replaced. Raises NotFound and
    Invalid before the first.
    """
    async with sessions() as session:
        two = await two_policies(session, a, b)
    for day in days:
        yield await _one(sessions, day, two, seed)


async def _one(sessions: Sessions, day: date, two: TwoPolicies, seed: int) -> Done:
    began = monotonic()
    url = plain_url(sessions.kw["bind"].url.render_as_string(hide_password=False))
    pair, unproven = await asyncio.to_thread(
        _replay_both, url, day, [settings_of(it) for it in two], seed
    )
    async with sessions.begin() as session:
        await keep(session, two, Replay(day, pair, seed, clock.now(), ASSUMPTIONS))
    took = monotonic() - began
    return Done(day, title_of(two.a), title_of(two.b), pair, unproven, took)


def _replay_both(url: str, day: date, policies: Sequence[Policy], seed: int) -> tuple[Pair, int]:
    known: Day = read(url, day, ZONE)
    done: list[Replayed] = [replay(known, policy, seed) for policy in policies]
    a, b = (figures(known, it) for it in done)
    return Pair(a, b), sum(it.unproven for it in done)
