"""The backtest of policies as Dagster sees it: a partition a day, yesterday's every night."""

import asyncio
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field, SecretStr

from api.kernel.database import database
from api.kernel.errors import Invalid, NotFound
from api.kernel.settings import Settings
from orchestration.assignment.assets import ASSIGNMENTS, GROUP
from orchestration.definitions.common import OWNER, cron

BACKTEST = dg.AssetKey(["operations", "policy_backtest"])
ZONE = "America/New_York"
DAYS = dg.DailyPartitionsDefinition(start_date="2020-01-01", timezone=ZONE)


class BacktestSettings(Settings):
    """`sysops_url` logs in as the role `assigner`."""

    sysops_url: SecretStr


class BacktestConfig(dg.Config):
    """Which two policies, and by which draws."""

    policy_a: str = Field(
        default="",
        description="A policy's name (its newest version), or name/version, like balanced/1. "
        "Empty: the policy in use.",
    )
    policy_b: str = Field(
        default="",
        description="What it is compared with. Empty: least-travel, or balanced when the other "
        "one is a least-travel.",
    )
    seed: int = Field(
        default=1, description="From which every expert's answer is drawn, the same for both."
    )


async def _backtest(context: dg.AssetExecutionContext, config: BacktestConfig) -> None:
    # With numpy, scipy and numba, which the code location does not load before it must.
    from orchestration.assignment.backtest.run import backtest

    days = [date.fromisoformat(key) for key in context.partition_keys]
    url = BacktestSettings().sysops_url.get_secret_value()  # type: ignore[call-arg]
    chosen = config.policy_a or None, config.policy_b or None
    async with database(url, name="backtest") as sessions:
        count = 0
        async for done in backtest(sessions, days, *chosen, config.seed):
            count += 1
            context.log.info("Day %s of %s, %s", count, len(days), done)
            context.add_asset_metadata(
                done.as_metadata(), asset_key=BACKTEST, partition_key=done.day.isoformat()
            )


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            BACKTEST,
            group_name=GROUP,
            deps=[ASSIGNMENTS],
            owners=[OWNER],
            kinds={"python", "postgres"},
            description="A past day replayed under two policies, as it was known then: what each "
            "would have served, when, and how far experts would have driven. The dashboard page "
            "Policies compares them; docs/assignment.md says what is assumed.",
        )
    ],
    name="policy_backtest",
    partitions_def=DAYS,
    # One process for all days of a backfill, one after another.
    backfill_policy=dg.BackfillPolicy.single_run(),
)
def policy_backtest(context: dg.AssetExecutionContext, config: BacktestConfig) -> None:
    """Replays and keeps day by day; a day that is materialized again is replaced."""
    try:
        asyncio.run(_backtest(context, config))
    except (NotFound, Invalid) as refused:
        words = "; ".join(it.detail for it in getattr(refused, "errors", [])) or refused.detail
        raise dg.Failure(words, allow_retries=False) from refused


policy_backtest_job = dg.define_asset_job(
    "policy_backtest_job",
    selection=dg.AssetSelection.assets(BACKTEST),
    description="Replay past days under two policies.",
    executor_def=dg.in_process_executor,
)


@dg.schedule(
    job=policy_backtest_job,
    cron_schedule=cron("policy_backtest", "20 2 * * *"),
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Replay yesterday under the policy in use and the one beside it.",
)
def policy_backtest_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """For the last day that is over; asked twice, it runs once."""
    today = context.scheduled_execution_time.astimezone(ZoneInfo(ZONE)).date()
    day = (today - timedelta(days=1)).isoformat()
    return dg.RunRequest(partition_key=day, run_key=day)


defs = dg.Definitions(
    assets=[policy_backtest], jobs=[policy_backtest_job], schedules=[policy_backtest_schedule]
)
