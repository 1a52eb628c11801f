"""Exports and erasures as Dagster shows them: every few minutes, counts and never a name."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from sqlalchemy import func, select

from api.customer.data_requests.tables import DataRequest
from api.kernel import clock
from api.kernel.database import database
from orchestration.definitions.common import OWNER, cron, scheduled_job
from orchestration.personal_data.settings import PersonalDataSettings, open_sessions

EXPORTS = dg.AssetKey(["operations", "data_exports"])
ERASURES = dg.AssetKey(["operations", "erasures"])
STUCK_AFTER = timedelta(days=1)


def _settings() -> PersonalDataSettings:
    return PersonalDataSettings()  # type: ignore[call-arg]  # read from the environment


# What all quanta do with an account loads most of the API; every run of this location would.
async def _export() -> int:
    from orchestration.personal_data.exporting import export_all

    async with open_sessions(_settings().exporters()) as sessions:
        return await export_all(sessions, clock.now())


async def _erase() -> tuple[Counter[str], int]:
    """How many erasures are where, and how many have been due for more than `STUCK_AFTER`."""
    from orchestration.personal_data.erasing import Eraser

    settings, now = _settings(), clock.now()
    async with (
        open_sessions(settings.erasers()) as sessions,
        database(settings.billing_destroy_url.get_secret_value(), name="personal-data") as vault,
    ):
        done = await Eraser(sessions, vault).run(now)
        stuck = select(func.count(DataRequest.id)).where(
            DataRequest.status == "under_way", DataRequest.due_at < now - STUCK_AFTER
        )
        async with sessions["customer"]() as session:
            return done, await session.scalar(stuck) or 0


@dg.asset(
    key=EXPORTS,
    group_name="operations",
    description="Files with all that is kept of a customer who asked for it; kept for a week.",
    owners=[OWNER],
    kinds={"python", "postgres"},
)
def data_exports() -> Iterator[dg.MaterializeResult[None]]:
    """Makes what was asked for; one that fails is made by the next run."""
    yield dg.MaterializeResult(metadata={"made": asyncio.run(_export())})


@dg.asset(
    key=ERASURES,
    group_name="operations",
    description="Customers who are being erased from all four databases, step by step.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    check_specs=[
        dg.AssetCheckSpec(
            "erasures_go_on",
            asset=ERASURES,
            description="No erasure that has begun has been due for more than a day. What each"
            " waits for is in its data request.",
        )
    ],
)
def erasures() -> Iterator[dg.MaterializeResult[None]]:
    """Takes each as far as it goes now."""
    done, stuck = asyncio.run(_erase())
    yield dg.MaterializeResult(
        metadata={name: dg.MetadataValue.int(number) for name, number in done.items()},
        check_results=[
            dg.AssetCheckResult(
                asset_key=ERASURES,
                check_name="erasures_go_on",
                passed=stuck == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"stuck": stuck},
            )
        ],
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[data_exports, erasures]),
    scheduled_job(
        "personal_data_job",
        dg.AssetSelection.assets(EXPORTS, ERASURES),
        cron("personal_data", "*/5 * * * *"),
        description="Make the exports that customers asked for, and take erasures further.",
    ),
)
