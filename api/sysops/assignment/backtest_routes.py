"""How two policies of assignment compare on past days, over HTTP."""

from datetime import date, datetime
from typing import Annotated, Self

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from api.sysops.assignment import backtest_service
from api.sysops.assignment.backtest_rules import MEASURES, Compared, Figures, compare
from api.sysops.assignment.backtest_service import Known, Replay
from api.sysops.assignment.policy_routes import READERS
from api.sysops.assignment.service import title_of
from api.sysops.catalogue import rules

_TITLE = rules.CODE.removesuffix("$") + r"(/[1-9]\d{0,8})?$"


_LONGEST_TITLE = rules.LONGEST_CODE + 10
PolicyA = Annotated[
    str | None,
    QueryParameter(
        pattern=_TITLE,
        max_length=_LONGEST_TITLE,
        description="A policy's name for its newest version, or name/version, like balanced/1.",
    ),
]
PolicyB = Annotated[
    str | None,
    QueryParameter(
        pattern=_TITLE,
        max_length=_LONGEST_TITLE,
        description="What it is compared with, named likewise.",
    ),
]


class BacktestDay(msgspec.Struct):
    """One day under both policies; `difference` is B's figure minus A's, by measure."""

    day: date
    a: Figures
    b: Figures
    difference: dict[str, float]
    seed: int
    made_at: datetime

    @classmethod
    def of(cls, found: Replay) -> Self:
        pair = found.figures
        difference = {it.name: round(pair.difference(it.name), 6) for it in MEASURES}
        return cls(found.day, pair.a, pair.b, difference, found.seed, found.made_at)


class ComparedPolicies(msgspec.Struct):
    """Two policies that have been compared, and on how many days from which to which."""

    policy_a: str
    policy_b: str
    days: int
    first_day: date
    last_day: date

    @classmethod
    def of(cls, known: Known) -> Self:
        return cls(*known)


class BacktestView(msgspec.Struct):
    """`summary` has one line a measure over all `days`; both are empty before the first backtest.

    `assumptions` are what the replays took for granted; `compared` lists what else there is.
    """

    policy_a: str
    policy_b: str
    days: list[BacktestDay]
    summary: list[Compared]
    assumptions: list[str]
    compared: list[ComparedPolicies]


class BacktestController(Controller):
    path = "/assignment/backtests"
    guards = [READERS]  # noqa: RUF012 - Litestar's way

    @get(summary="Two policies on past days")
    async def backtests(
        self,
        session: NamedDependency[AsyncSession],
        *,
        policy_a: PolicyA = None,
        policy_b: PolicyB = None,
        since: Annotated[
            date | None, QueryParameter(name="from", description="This day and later ones.")
        ] = None,
        until: Annotated[
            date | None, QueryParameter(name="to", description="This day and earlier ones.")
        ] = None,
    ) -> BacktestView:
        """Past days replayed under both, and what the differences say, B minus A.

        Without names: the policy in use, and `least-travel` beside it. At most the last 366 days.
        Days come from the asset `operations/policy_backtest` in Dagster, one partition each. Each
        day is a pair, so a few days tell more than two averages; the bounds are those of a paired
        t interval, for each measure by itself: of twenty such, one misses. 404 when there is no
        such policy, 422 when both are the same.
        """
        two = await backtest_service.two_policies(session, policy_a, policy_b)
        found = await backtest_service.replays(session, two, since, until)
        return BacktestView(
            policy_a=title_of(two.a),
            policy_b=title_of(two.b),
            days=[BacktestDay.of(it) for it in found],
            summary=compare([it.figures for it in found]),
            assumptions=list(backtest_service.assumptions_of(found)),
            compared=[ComparedPolicies.of(it) for it in await backtest_service.known(session)],
        )
