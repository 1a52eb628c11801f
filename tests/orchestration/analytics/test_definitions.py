"""The asset graph: a story from left to right, told without loading what it does not need."""

import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import dagster as dg
import pytest

from api.kernel import access
from orchestration.definitions.analytics import defs
from orchestration.definitions.common import ONE_AT_A_TIME
from orchestration.local.dagster_home import SETTINGS
from orchestration.publishing.marts import described
from orchestration.replication.assets import TABLES
from orchestration.transforms.project import load

GRAPH = defs.resolve_asset_graph()
JOB_OF = defs.resolve_schedule_def("warehouse_schedule")


@pytest.mark.parametrize("location", ["operations", "billing", "analytics"])
def test_loading_the_definitions_loads_no_heavy_library(location: str) -> None:
    heavy = (
        "dbt", "great_expectations", "pandas", "pyarrow", "adbc_driver_postgresql", "numpy",
        "scipy", "polars",
    )  # fmt: skip
    code = (
        f"import sys, orchestration.definitions.{location}; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("location", ["operations", "billing", "analytics"])
def test_a_code_location_has_the_one_definitions_object_that_dagster_takes(location: str) -> None:
    module = import_module(f"orchestration.definitions.{location}")
    found = [name for name, it in vars(module).items() if isinstance(it, dg.Definitions)]
    assert found == ["defs"]


def test_every_mart_is_published() -> None:
    published = GRAPH.get(dg.AssetKey(["published", "warehouse"]))
    assert {key.path[-1] for key in published.parent_keys} == set(load().marts)


def test_a_mart_tells_its_grain_and_the_tables_that_it_is_made_of() -> None:
    marts = described(load())
    visit = marts["fct_visit"]
    assert visit.grain == "One row a visit that an expert began."
    assert (visit.partition_by, visit.sources) == (
        "started_at", ["sysops.assignment", "sysops.ticket_event"],
    )  # fmt: skip
    # Answers come by message, and how far tables have landed is told by the table itself.
    assert marts["dim_landed_table"].sources == []
    assert "surveys.survey_response" not in marts["fct_survey_response"].sources
    landed = {f"{source}.{table}" for source, tables in TABLES.items() for table in tables}
    assert {one for mart in marts.values() for one in mart.sources} <= landed


def test_every_landed_table_comes_from_the_table_its_replicator_reads() -> None:
    for source in ("customer", "sysops", "billing"):
        tables = access.load(source).roles["replicator"].columns
        landing = GRAPH.get(dg.AssetKey(["landing", source]))
        assert {key.path[-1] for key in landing.parent_keys} == set(tables)


def test_everything_has_words_an_owner_and_a_group() -> None:
    for key in GRAPH.get_all_asset_keys():
        node = GRAPH.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.group_name != "default", key


def test_every_check_has_words_and_every_mart_has_checks() -> None:
    checks = defs.resolve_asset_graph().asset_check_keys
    assert {key.asset_key.path[-1] for key in checks} >= set(load().marts)


def test_nothing_is_published_before_everything_is_checked() -> None:
    job = defs.resolve_job_def("warehouse")
    order = [node.name for node in job.graph.nodes_in_topological_order]
    assert order == [
        "replicate", "landing_promises", "transform", "mart_promises", "published__warehouse",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "starts"),
    [
        (dg.DagsterRunStatus.STARTED, False),
        (dg.DagsterRunStatus.STARTING, False),
        (dg.DagsterRunStatus.SUCCESS, True),
        (dg.DagsterRunStatus.FAILURE, True),
    ],
)
def test_a_tick_starts_no_run_while_the_last_one_is_on_its_way(
    status: dg.DagsterRunStatus, starts: bool, tmp_path: Path
) -> None:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        instance.add_run(dg.DagsterRun(job_name="warehouse", run_id="0" * 32, status=status))
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=datetime.now(UTC)
        ) as context:
            tick = JOB_OF.evaluate_tick(context)
    assert bool(tick.run_requests) == starts


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 8, 9, 10, tzinfo=UTC), "2026-03-08"),
        # Before midnight in Chicago.
        (datetime(2026, 3, 9, 3, 10, tzinfo=UTC), "2026-03-08"),
    ],
)
def test_every_night_everything_is_built_and_tested_once(moment: datetime, day: str) -> None:
    nightly = defs.resolve_schedule_def("warehouse_full_schedule")
    assert (nightly.job_name, nightly.default_status) == (
        "warehouse", dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        # Also while another run is on its way: it is waited for, so that no night is lost.
        instance.add_run(
            dg.DagsterRun(job_name="warehouse", run_id="0" * 32, status=dg.DagsterRunStatus.STARTED)
        )
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=moment
        ) as context:
            (request,) = nightly.evaluate_tick(context).run_requests or []
    assert request.run_key == day
    job = defs.resolve_job_def("warehouse")
    config = dg.validate_run_config(job, request.run_config)
    assert config["ops"]["transform"]["config"] == {"full": True}


def test_two_runs_of_the_warehouse_wait_for_each_other() -> None:
    assert defs.resolve_job_def("warehouse").tags[ONE_AT_A_TIME] == "warehouse"
    with dg.instance_for_test(overrides={"concurrency": SETTINGS["concurrency"]}) as instance:
        queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    assert queue.tag_concurrency_limits == [
        {"key": ONE_AT_A_TIME, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}
    ]
