"""The code location `analytics`: from the sources' tables to what managers see.

Its heavy libraries (dbt, Great Expectations, Arrow) are imported by the steps that use them.
"""

import dagster as dg

from orchestration.card_scan import assets as card_scan
from orchestration.definitions.common import cron, scheduled_job
from orchestration.publishing.assets import hold_back_the_version, published_warehouse
from orchestration.quality.assets import landing_promises, mart_promises
from orchestration.replication.assets import RAW_SPECS, SOURCE_SPECS, replicate
from orchestration.transforms.assets import SURVEY_SPEC, VIEW_SPECS, transform

SCAN = dg.AssetKey(["analytics", "card_scan"])

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
    ),
    scheduled_job(
        "warehouse",
        dg.AssetSelection.all() - dg.AssetSelection.assets(SCAN),
        cron("warehouse", "*/5 * * * *"),
        description="Land what changed, build the marts, check them, publish a version.",
        hooks={hold_back_the_version},
    ),
    card_scan.definitions("analytics"),
)
