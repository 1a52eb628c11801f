"""The sources and their mirror as Dagster sees them: every table, from where it is written."""

from collections.abc import Iterator, Mapping

import dagster as dg

from api.kernel import access
from orchestration.definitions.common import OWNER
from orchestration.replication.landing import Landed
from orchestration.replication.mirror import SOURCES, Mirrored, mirror
from orchestration.replication.settings import ReplicationSettings

TABLES: Mapping[str, list[str]] = {
    source: list(access.load(source).roles["replicator"].columns) for source in SOURCES
}
"""What is mirrored is what the replicator may read."""

DRIFT, QUARANTINE = "no_schema_drift", "nothing_in_quarantine"
DRIFT_WORDS = (
    "Every mirrored column is still in the source, with its type. A table that changed is "
    "stopped, the others go on."
)
QUARANTINE_WORDS = "No row was kept out because a value looks like personal data."


class ReplicationConfig(dg.Config):
    """`full` reads every row again, as after a repair by hand in `raw`."""

    full: bool = False


def source_key(source: str, table: str) -> dg.AssetKey:
    return dg.AssetKey([source, table])


def landing_key(source: str) -> dg.AssetKey:
    return dg.AssetKey(["landing", source])


def raw_key(source: str, table: str) -> dg.AssetKey:
    return dg.AssetKey(["raw", f"{source}__{table}"])


SOURCE_SPECS = [
    dg.AssetSpec(
        source_key(source, table),
        group_name=f"{source}_database",
        description=f"The table {table} of the {source} database, written by its own quantum.",
        owners=[OWNER],
        kinds={"postgres"},
    )
    for source, tables in TABLES.items()
    for table in tables
]

LANDING_SPECS = [
    dg.AssetSpec(
        landing_key(source),
        deps=[source_key(source, table) for table in tables],
        group_name="landing",
        description=f"What changed in the {source} database since the last time, deletions "
        "included, landed in one transaction. No open transaction is missed, and no personal "
        "column is read.",
        owners=[OWNER],
        kinds={"python", "postgres"},
        metadata={"dagster/table_name": "analytics.landing.watermark"},
    )
    for source, tables in TABLES.items()
]

RAW_SPECS = [
    dg.AssetSpec(
        raw_key(source, table),
        deps=[landing_key(source)],
        group_name="raw",
        description=f"The mirror of {source}.{table}: the same rows, without personal columns.",
        owners=[OWNER],
        kinds={"postgres"},
        metadata={"dagster/table_name": f"analytics.raw.{source}__{table}"},
    )
    for source, tables in TABLES.items()
    for table in tables
]
"""Not materialized by a step of their own: each extraction that changes one says so."""


@dg.multi_asset(
    name="replicate",
    specs=LANDING_SPECS,
    check_specs=[
        dg.AssetCheckSpec(name, asset=spec.key, description=words)
        for spec in LANDING_SPECS
        for name, words in ((DRIFT, DRIFT_WORDS), (QUARANTINE, QUARANTINE_WORDS))
    ],
)
def replicate(
    context: dg.AssetExecutionContext, config: ReplicationConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Lands what changed since the last time, one source after the other."""
    settings = ReplicationSettings()  # type: ignore[call-arg]  # read from the environment
    for source in SOURCES:
        done = mirror(source, settings.source_url(source), settings.loader_url, full=config.full)
        for table in done.tables:
            if table.changed:
                context.log_event(_change(source, table))
        yield dg.MaterializeResult(asset_key=landing_key(source), metadata=_summary(done))
        yield _drift(done)
        yield _quarantine(done)


def _change(source: str, landed: Landed) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        raw_key(source, landed.table),
        metadata={
            "mode": landed.mode,
            "rows_read": landed.read,
            "rows_written": landed.written,
            "rows_deleted": landed.deleted,
        },
    )


def _summary(done: Mirrored) -> dict[str, str | int]:
    return {
        "as_of": done.as_of.isoformat(),
        "tables_changed": sum(table.changed for table in done.tables),
        "tables_read_whole": sum(table.mode == "full" for table in done.tables),
        "rows_read": sum(table.read for table in done.tables),
        "rows_written": sum(table.written for table in done.tables),
        "rows_deleted": sum(table.deleted for table in done.tables),
    }


def _drift(done: Mirrored) -> dg.AssetCheckResult:
    stopped = [f"{one.table}: {one.reason}" for one in done.stopped]
    return dg.AssetCheckResult(
        asset_key=landing_key(done.source),
        check_name=DRIFT,
        passed=not stopped and not done.unknown,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"stopped": stopped, "columns_without_a_place": done.unknown},
    )


def _quarantine(done: Mirrored) -> dg.AssetCheckResult:
    kept_out = {table.table: table.quarantined for table in done.tables if table.quarantined}
    return dg.AssetCheckResult(
        asset_key=landing_key(done.source),
        check_name=QUARANTINE,
        passed=not kept_out,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rows": sum(kept_out.values()), **kept_out},
    )
