"""Publishing as Dagster sees it: one asset, and a word to readers when it must not happen."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.definitions.common import OWNER
from orchestration.publishing.evidence import checks_of, reasons_of
from orchestration.publishing.marts import described
from orchestration.publishing.settings import PublishingSettings
from orchestration.transforms.assets import PROJECT, key_of
from warehouse.store import Store

WAREHOUSE = dg.AssetKey(["published", "warehouse"])


@dg.asset(
    key=WAREHOUSE,
    deps=[key_of(name) for name in PROJECT.marts],
    group_name="published",
    description="What dashboards and the report API show: a version of all marts as Parquet "
    "files, switched to only when every blocking check passed.",
    owners=[OWNER],
    kinds={"parquet", "duckdb"},
    freshness_policy=dg.FreshnessPolicy.time_window(
        fail_window=timedelta(minutes=30), warn_window=timedelta(minutes=10)
    ),
)
def published_warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Writes the marts, looks at the files, switches readers to them."""
    # With Arrow, which nothing else of the code location needs.
    from orchestration.publishing.publish import publish

    settings = PublishingSettings()  # type: ignore[call-arg]  # read from the environment
    done = publish(
        settings.url,
        Store(settings.warehouse_dir),
        described(PROJECT),
        run_id=context.run.run_id,
        checks=checks_of(context.instance, context.run.run_id),
        now=datetime.now(UTC),
        keep=settings.warehouse_keep,
    )
    tables = done.manifest.tables.values()
    return dg.MaterializeResult(
        metadata={
            "version": done.manifest.version,
            "as_of": done.manifest.as_of.isoformat(),
            "shown": done.shown,
            "rows": sum(table.rows for table in tables),
            "files": len(done.manifest.files),
            "files_written": done.written,
            "files_kept": done.kept,
            "files_removed": done.removed,
            "bytes": sum(file.bytes for file in done.manifest.files),
            "folder": dg.MetadataValue.path(str(settings.warehouse_dir)),
        }
    )


@dg.failure_hook(name="hold_back_the_version")
def hold_back_the_version(context: dg.HookContext) -> None:
    """Whatever failed before publishing: readers keep their version and are told why."""
    from orchestration.publishing.publish import hold_back

    settings = PublishingSettings()  # type: ignore[call-arg]  # read from the environment
    reasons = reasons_of(context.instance, context.run_id)
    if not reasons:
        reasons = [f"{context.op.name} failed: {context.op_exception}"]
    hold_back(Store(settings.warehouse_dir), context.run_id, reasons, datetime.now(UTC))
