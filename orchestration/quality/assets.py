"""The two borders: what has landed, and what is about to be published."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from data_tests import landing, marts
from data_tests.promise import Promise
from data_tests.validate import text_columns, validate
from orchestration.publishing.months import written_since
from orchestration.publishing.settings import PublishingSettings
from orchestration.quality.results import check_results, check_specs
from orchestration.replication.assets import landing_key
from orchestration.replication.mirror import SOURCES
from orchestration.transforms.project import load
from warehouse.manifest import Manifest
from warehouse.store import Store

MART_WORDS: Mapping[str, Sequence[str]] = {
    name: words
    for name, model in load().marts.items()
    if (words := [one.name for one in model.columns if one.kind == "text" and one.is_free])
}
"""The columns of each mart that may hold words; files of a version are searched in all of them."""
MONTHS_OF = {name: model.partition_by for name, model in load().marts.items()}
"""The column by whose month each mart is written."""

LANDING_KEYS = [landing_key(source) for source in SOURCES]
MART_KEYS = [dg.AssetKey(["marts", mart]) for mart in load().marts]


@dg.multi_asset_check(
    name="landing_promises",
    specs=check_specs(
        LANDING_KEYS,
        "What the models rely on: volume, freshness, schema, distribution and absence of "
        "personal data, looked at with Great Expectations.",
    ),
)
def landing_promises() -> Iterator[dg.AssetCheckResult]:
    """The promises about each source's tables, and about how far all have landed."""
    settings = PublishingSettings()  # type: ignore[call-arg]  # read from the environment
    outcomes = validate(settings.url, promises_at_landing(settings.url, datetime.now(UTC)))
    yield from check_results(
        [(_source_of(one.promise.table), one) for one in outcomes], LANDING_KEYS
    )


def _source_of(table: str) -> dg.AssetKey:
    """The source of a raw table; how far all sources have landed is told of the last one."""
    schema, name = table.split(".")
    return landing_key(name.split("__")[0] if schema == "raw" else SOURCES[-1])


@dg.multi_asset_check(
    name="mart_promises",
    specs=check_specs(
        MART_KEYS,
        "What readers rely on: volume and columns against the published version, freshness, "
        "distribution and absence of personal data, looked at with Great Expectations.",
    ),
    config_schema={
        "compare_with_published": dg.Field(
            bool,
            default_value=True,
            description="False lets a version pass that has much fewer rows, or fewer columns, "
            "than the published one, after they were taken away on purpose.",
        )
    },
)
def mart_promises(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """The promises about each mart."""
    settings = PublishingSettings()  # type: ignore[call-arg]  # read from the environment
    compare = context.op_execution_context.op_config["compare_with_published"]
    published = shown(Store(settings.warehouse_dir)) if compare else None
    outcomes = validate(settings.url, promises_of_marts(settings.url, published))
    yield from check_results(
        [(dg.AssetKey(one.promise.table.split(".")), one) for one in outcomes], MART_KEYS
    )


def promises_at_landing(url: str, now: datetime) -> list[Promise]:
    """What is looked at after landing, by the tables that there are."""
    return landing.promises(now, text_columns(url, "raw"))


def promises_of_marts(url: str, published: Manifest | None) -> list[Promise]:
    """What is looked at before publishing, against the version that readers see."""
    unpublished = written_since(published, url, MONTHS_OF) if published else {}
    return marts.promises(datetime.now(UTC), MART_WORDS, published, unpublished)


def shown(store: Store) -> Manifest | None:
    """The version that readers see; None when there is none yet."""
    version = store.current()
    return store.manifest(version) if version else None
