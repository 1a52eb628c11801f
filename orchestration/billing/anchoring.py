"""The newest link of the log of openings, kept outside of the database that the log is in.

Whoever owns the billing database could write the whole log anew, each hash right. Each run of
this check writes the head into the job runner's event log, a database of another owner, and
looks whether the head that it wrote before is still part of the log.
"""

import asyncio
from dataclasses import dataclass

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.vault import access_log
from api.kernel.database import database
from orchestration.billing.assets import CARD
from orchestration.billing.settings import BillingSettings
from orchestration.definitions.common import cron, scheduled_job

NAME = "log_anchored"
LINK, HASH = "newest_link", "newest_hash"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link of the log that was the newest once."""

    link: int
    hash: str


@dataclass(frozen=True, slots=True)
class LogState:
    """What the log says now, against an earlier anchor."""

    newest: Anchor | None
    broken_at: int | None
    lost: bool


async def compare(session: AsyncSession, earlier: Anchor | None) -> LogState:
    """Read every link (role card_charge)."""
    newest = await access_log.head(session)
    lost = earlier is not None and not await access_log.holds(
        session, earlier.link, bytes.fromhex(earlier.hash)
    )
    return LogState(
        newest=None if newest is None else Anchor(newest[0], newest[1].hex()),
        broken_at=await access_log.first_break(session),
        lost=lost,
    )


@dg.asset_check(
    asset=CARD,
    name=NAME,
    description="Every opening of a card is a link in a chain; the chain is whole, and the link"
    " that was the newest at the last success of this check is still in it.",
)
def log_anchored(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """Compares with the last success, whatever came after it."""
    earlier = _last_anchor(context.instance)
    found = asyncio.run(_compare(earlier))
    metadata: dict[str, dg.MetadataValue] = {}
    if found.newest is not None:
        metadata[LINK] = dg.MetadataValue.int(found.newest.link)
        metadata[HASH] = dg.MetadataValue.text(found.newest.hash)
    return dg.AssetCheckResult(
        passed=found.broken_at is None and not found.lost,
        description=_words(found, earlier),
        metadata=metadata,
    )


async def _compare(earlier: Anchor | None) -> LogState:
    settings = BillingSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.billing_charge_url.get_secret_value()
    async with database(url, name="vault-log", pool_size=1) as sessions, sessions() as session:
        return await compare(session, earlier)


def _last_anchor(instance: dg.DagsterInstance) -> Anchor | None:
    records = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(CARD, NAME), limit=1, status={AssetCheckExecutionRecordStatus.SUCCEEDED}
    )
    for record in records:
        evaluation = record.evaluation
        if evaluation is not None and HASH in evaluation.metadata:
            link, hash_ = evaluation.metadata[LINK].value, evaluation.metadata[HASH].value
            return Anchor(int(str(link)), str(hash_))
    return None


def _words(found: LogState, earlier: Anchor | None) -> str:
    if found.broken_at is not None:
        return f"The chain is broken at link {found.broken_at}."
    if found.lost and earlier is not None:
        return f"Link {earlier.link} is gone or another: the log was written anew or cut off."
    return "Every link follows from the one before, and the earlier ones are there."


defs = dg.Definitions.merge(
    dg.Definitions(asset_checks=[log_anchored]),
    scheduled_job(
        "vault_log_job",
        dg.AssetSelection.checks(log_anchored),
        cron("vault_log", "15 * * * *"),
        description="Anchor the log of card openings outside of its database.",
    ),
)
