"""What happens once a day: old tickets close, old traces of messages and of signing in go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

import dagster as dg
from pydantic import Field, SecretStr

from api.billing.vault import retention
from api.billing.vault.service import destroy_removed
from api.kernel import clock
from api.kernel.database import database
from api.kernel.settings import Settings
from api.sysops.tickets.proposals import close_old
from orchestration.definitions.common import OWNER, cron, scheduled_job
from orchestration.retention.decisions import KEPT_DAYS, forget_decisions
from orchestration.retention.forgetting import Sessions, forget
from orchestration.retention.sign_ins import forget_sign_ins

GROUP = "operations"
CLOSED = dg.AssetKey(["operations", "closed_tickets"])
DESTROYED = dg.AssetKey(["operations", "destroyed_cards"])
FORGOTTEN = dg.AssetKey(["operations", "forgotten_messages"])
DECISIONS = dg.AssetKey(["operations", "forgotten_decisions"])
SIGN_INS = dg.AssetKey(["operations", "forgotten_sign_ins"])

Forget = Callable[[Sessions, datetime], Awaitable[dict[str, int]]]


class RetentionSettings(Settings):
    """`sysops_url` logs in as the role `assigner`, `billing_destroy_url` as `card_destroy`, the
    others as `janitor` of their database. `assignment_decisions_days` is for how many days what
    assignment runs decided is kept.
    """

    sysops_url: SecretStr
    customer_janitor_url: SecretStr
    sysops_janitor_url: SecretStr
    billing_janitor_url: SecretStr
    analytics_janitor_url: SecretStr
    billing_destroy_url: SecretStr
    assignment_decisions_days: Annotated[int, Field(ge=1)] = KEPT_DAYS
    card_retention_days: int = Field(default=180, ge=1)
    """How long a card is kept after the last contract of its customer has ended."""

    @property
    def cards_kept(self) -> timedelta:
        return timedelta(days=self.card_retention_days)

    def janitors(self) -> dict[str, str]:
        return {
            "customer": self.customer_janitor_url.get_secret_value(),
            "sysops": self.sysops_janitor_url.get_secret_value(),
            "billing": self.billing_janitor_url.get_secret_value(),
            "analytics": self.analytics_janitor_url.get_secret_value(),
        }


async def _close() -> int:
    settings = RetentionSettings()  # type: ignore[call-arg]  # read from the environment
    closed = 0
    async with database(settings.sysops_url.get_secret_value(), name="retention") as sessions:
        while True:
            async with sessions.begin() as session:
                portion = await close_old(session, clock.now())
            if not portion:
                return closed
            closed += portion


async def _destroy() -> tuple[int, int, retention.RetentionEvidence]:
    """How many were removed, how many nobody needs any more, and how it is afterwards."""
    settings = RetentionSettings()  # type: ignore[call-arg]  # read from the environment
    url, keep, unneeded = settings.billing_destroy_url.get_secret_value(), settings.cards_kept, 0
    async with database(url, name="retention") as sessions:
        async with sessions.begin() as session:
            removed = len(await destroy_removed(session, clock.now()))
        while True:
            async with sessions.begin() as session:
                portion = await retention.destroy_unneeded(session, keep, clock.now())
            if not portion:
                break
            unneeded += portion
        async with sessions() as session:
            return removed, unneeded, await retention.evidence(session, keep, clock.now())


async def _kept() -> retention.RetentionEvidence:
    settings = RetentionSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.billing_destroy_url.get_secret_value()
    async with database(url, name="retention") as sessions, sessions() as session:
        return await retention.evidence(session, settings.cards_kept, clock.now())


async def _forget_decisions() -> dict[str, int]:
    settings = RetentionSettings()  # type: ignore[call-arg]  # read from the environment
    kept = timedelta(days=settings.assignment_decisions_days)
    return await _forget(partial(forget_decisions, kept=kept))


async def _forget(what: Forget) -> dict[str, int]:
    settings = RetentionSettings()  # type: ignore[call-arg]  # read from the environment
    async with AsyncExitStack() as stack:
        sessions = {
            name: await stack.enter_async_context(database(url, name="retention", pool_size=1))
            for name, url in settings.janitors().items()
        }
        return await what(sessions, clock.now())


@dg.asset(
    key=CLOSED,
    group_name=GROUP,
    description="Tickets whose survey nobody answered within 14 days of their resolution.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    deps=[dg.AssetKey(["sysops", "ticket"])],
)
def closed_tickets() -> Iterator[dg.MaterializeResult[None]]:
    """Closes them, in portions; the customers' view follows by message."""
    yield dg.MaterializeResult(metadata={"closed": asyncio.run(_close())})


@dg.asset(
    key=DESTROYED,
    group_name=GROUP,
    description="Cards that customers have removed or replaced, and cards of customers whose last"
    " contract ended long ago: their numbers are destroyed in the vault, unless money is on its way"
    " or owed.",
    owners=[OWNER],
    kinds={"python", "postgres"},
)
def destroyed_cards() -> Iterator[dg.MaterializeResult[None]]:
    """Empties them; the log of openings says which."""
    removed, unneeded, after = asyncio.run(_destroy())
    yield dg.MaterializeResult(
        metadata={"destroyed": removed, "beyond_retention": unneeded, **asdict(after)}
    )


@dg.asset_check(
    asset=DESTROYED,
    name="card_retention",
    description="Evidence for PCI DSS 3.2.1, every quarter: how many cards are kept, how many of"
    " them longer than allowed (none), how many were destroyed in the quarter.",
)
def card_retention() -> dg.AssetCheckResult:
    """Fails while a card is kept that should have been destroyed a day ago."""
    found = asyncio.run(_kept())
    return dg.AssetCheckResult(passed=found.beyond == 0, metadata=asdict(found))


@dg.asset(
    key=FORGOTTEN,
    group_name=GROUP,
    description="Ids of messages received, and queue logs, that are older than 30 days and than"
    " any message still queued or held; answers under idempotency keys, and photos that no ticket"
    " got, after a day; exports of personal data, after a week; words of searches, after 90 days.",
    owners=[OWNER],
    kinds={"python", "postgres"},
)
def forgotten_messages() -> Iterator[dg.MaterializeResult[None]]:
    """Removes them in portions, so that no relay waits."""
    yield dg.MaterializeResult(metadata=dict(asyncio.run(_forget(forget))))


@dg.asset(
    key=SIGN_INS,
    group_name=GROUP,
    description="Refresh tokens, links from mails and attempts to sign in that have expired, and"
    " wrong passwords that do not count any more.",
    owners=[OWNER],
    kinds={"python", "postgres"},
)
def forgotten_sign_ins() -> Iterator[dg.MaterializeResult[None]]:
    """Removes them in portions, so that nobody who signs in waits."""
    yield dg.MaterializeResult(metadata=dict(asyncio.run(_forget(forget_sign_ins))))


@dg.asset(
    key=DECISIONS,
    group_name=GROUP,
    description="What assignment runs decided longer ago than SQUAD_ASSIGNMENT_DECISIONS_DAYS"
    " (400), but for the last run, and for visits that stand.",
    owners=[OWNER],
    kinds={"python", "postgres"},
)
def forgotten_decisions() -> Iterator[dg.MaterializeResult[None]]:
    """Removes them in portions; the warehouse follows."""
    yield dg.MaterializeResult(metadata=dict(asyncio.run(_forget_decisions())))


defs = dg.Definitions.merge(
    dg.Definitions(
        assets=[
            closed_tickets,
            destroyed_cards,
            forgotten_messages,
            forgotten_sign_ins,
            forgotten_decisions,
        ],
        asset_checks=[card_retention],
    ),
    scheduled_job(
        "card_retention_job",
        dg.AssetSelection.checks(card_retention),
        cron("card_retention", "0 5 1 1,4,7,10 *"),
        description="Show that no card is kept longer than it may be.",
        execution_timezone="America/Chicago",
    ),
    scheduled_job(
        "retention_job",
        dg.AssetSelection.assets(
            CLOSED, DESTROYED, FORGOTTEN, SIGN_INS, DECISIONS
        ).without_checks(),
        cron("retention", "30 3 * * *"),
        description="Close old resolved tickets, destroy removed cards, forget old traces.",
        execution_timezone="America/Chicago",
    ),
)
