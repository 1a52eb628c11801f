"""The code location `analytics`: from the sources' tables to what managers see.

Its heavy libraries (dbt, Great Expectations, Arrow) are imported by the steps that use them.
"""

from zoneinfo import ZoneInfo

import dagster as dg

from orchestration.card_scan import assets as card_scan
from orchestration.definitions.common import ONE_AT_A_TIME, cron, scheduled_job
from orchestration.publishing.assets import hold_back_the_version, published_warehouse
from orchestration.quality.assets import landing_promises, mart_promises
from orchestration.replication.assets import RAW_SPECS, SOURCE_SPECS, replicate
from orchestration.transforms.assets import SURVEY_SPEC, VIEW_SPECS, transform

SCAN = dg.AssetKey(["analytics", "card_scan"])
WAREHOUSE = "warehouse"
ZONE = "America/Chicago"


@dg.schedule(
    job_name=WAREHOUSE,
    cron_schedule=cron("warehouse_full", "10 4 * * *"),
    execution_timezone=ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night: all marts are built anew, and every test looks at every row.",
)
def warehouse_full_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Asked twice in a day, it runs once; a run that is on its way is waited for."""
    day = context.scheduled_execution_time.astimezone(ZoneInfo(ZONE)).date()
    return dg.RunRequest(
        run_key=day.isoformat(), run_config={"ops": {"transform": {"config": {"full": True}}}}
    )


defs = dg.Definitions.merge(
    dg.Definitions(
        assets=[
            *SOURCE_SPECS,
            SURVEY_SPEC,
            replicate,
            *RAW_SPECS,
            *VIEW_SPECS,
            transform,
            published_warehouse,
        ],
        asset_checks=[landing_promises, mart_promises],
        schedules=[warehouse_full_schedule],
    ),
    scheduled_job(
        WAREHOUSE,
        dg.AssetSelection.all() - dg.AssetSelection.assets(SCAN),
        cron("warehouse", "*/5 * * * *"),
        description="Land what changed, build the marts, check them, publish a version.",
        hooks={hold_back_the_version},
        tags={ONE_AT_A_TIME: WAREHOUSE},
    ),
    card_scan.definitions("analytics"),
)
