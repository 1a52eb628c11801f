"""The dbt project as Dagster sees it: an asset a model, a check a data test, one step."""

from collections.abc import Iterator

import dagster as dg

from orchestration.definitions.common import OWNER
from orchestration.replication.assets import landing_key, raw_key
from orchestration.replication.mirror import SOURCES
from orchestration.transforms import build, project
from orchestration.transforms.dbt import NodeResult
from orchestration.transforms.project import DataTest, Model
from orchestration.transforms.settings import TransformSettings

PROJECT = project.load()
BUILT = {name: model for name, model in PROJECT.models.items() if model.is_table}
SURVEY_RESPONSE = dg.AssetKey(["analytics", "survey_response"])
DBT_TESTS = "dbt_tests"
LANDINGS = [landing_key(source) for source in SOURCES]
# The views between it and what has landed are nobody's step, so it waits for the landing itself.
FIRST_BUILT = "int_assignment"


def key_of(model: str) -> dg.AssetKey:
    return dg.AssetKey([PROJECT.models[model].layer, model])


def _source_keys(source: str, table: str) -> list[dg.AssetKey]:
    if source == "landing":
        return LANDINGS
    return [SURVEY_RESPONSE if source == "surveys" else raw_key(source, table)]


def _spec(model: Model) -> dg.AssetSpec:
    return dg.AssetSpec(
        key_of(model.name),
        deps=[
            *(key_of(name) for name in model.models),
            *(key for source in model.sources for key in _source_keys(*source)),
            *(LANDINGS if model.name == FIRST_BUILT else []),
        ],
        group_name=model.group,
        description=model.description,
        owners=[OWNER],
        kinds={"dbt", "postgres"},
        metadata={
            "dagster/table_name": f"analytics.{model.layer}.{model.name}",
            "dagster/column_schema": dg.TableSchema(
                [
                    dg.TableColumn(one.name, one.kind, description=one.description)
                    for one in model.columns
                ]
            ),
            "file": model.file,
        },
    )


def _tests_of(model: str, *, singular: bool) -> list[DataTest]:
    return [test for test in PROJECT.tests if test.model == model and test.singular == singular]


def _check_specs(model: str) -> Iterator[dg.AssetCheckSpec]:
    """One check for the tests of its columns, and one for each test in a file of its own."""
    columns = _tests_of(model, singular=False)
    if columns:
        words = " ".join(test.description for test in columns)
        yield dg.AssetCheckSpec(DBT_TESTS, asset=key_of(model), description=words, blocking=True)
    for test in _tests_of(model, singular=True):
        yield dg.AssetCheckSpec(
            test.name, asset=key_of(model), description=test.description, blocking=test.blocks
        )


VIEW_SPECS = [_spec(model) for name, model in PROJECT.models.items() if name not in BUILT]
"""Seeds, and views that show what has landed as it is: nothing runs to bring them up to date."""

SURVEY_SPEC = dg.AssetSpec(
    SURVEY_RESPONSE,
    group_name="analytics_database",
    description="Survey answers, as the customer quantum's messages bring them.",
    owners=[OWNER],
    kinds={"postgres"},
)


class TransformConfig(dg.Config):
    """`full` makes every mart anew and tests every row, as after a repair by hand."""

    full: bool = False


@dg.multi_asset(
    name="transform",
    # After a failed test dbt skips what comes next; the check tells, not a missing output.
    specs=[_spec(model).replace_attributes(skippable=True) for model in BUILT.values()],
    check_specs=[spec for name in BUILT for spec in _check_specs(name)],
)
def transform(
    context: dg.AssetExecutionContext, config: TransformConfig
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """Builds and tests with dbt, in this process, what changed in the marts."""
    settings = TransformSettings()  # type: ignore[call-arg]  # read from the environment
    results = build.build(
        settings.url,
        target_path=settings.dbt_dir,
        threads=settings.dbt_threads,
        full=config.full,
    )
    for one in results:
        if one.name in BUILT and one.outcome == "success":
            rows = {"rows_written": one.rows} if one.rows is not None else {}
            yield dg.MaterializeResult(
                asset_key=key_of(one.name), metadata={"seconds": round(one.seconds, 2), **rows}
            )
    for model in BUILT:
        yield from _check_results(model, results)
    broken = [one for one in results if not one.is_test and one.outcome == "error"]
    for one in broken:
        context.log.error("%s: %s", one.name, one.message)
    if broken:
        raise dg.Failure(f"dbt could not build {', '.join(one.name for one in broken)}.")


def _check_results(model: str, results: list[NodeResult]) -> Iterator[dg.AssetCheckResult]:
    ran = {one.name: one for one in results if one.model == model and one.outcome != "skipped"}
    columns = [test for test in _tests_of(model, singular=False) if test.name in ran]
    if columns:
        yield _check_result(model, DBT_TESTS, [(test, ran[test.name]) for test in columns])
    for test in _tests_of(model, singular=True):
        if test.name in ran:
            yield _check_result(model, test.name, [(test, ran[test.name])])


def _check_result(
    model: str, name: str, tests: list[tuple[DataTest, NodeResult]]
) -> dg.AssetCheckResult:
    failed = [(test, one) for test, one in tests if one.outcome != "success"]
    blocks = any(test.blocks for test, _ in failed)
    return dg.AssetCheckResult(
        asset_key=key_of(model),
        check_name=name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{test.name}: {one.message}" for test, one in failed) or None,
        metadata={
            "tests": len(tests),
            "failed": [test.name for test, _ in failed],
            "failing_rows": sum(one.failures or 0 for _, one in failed),
        },
    )
