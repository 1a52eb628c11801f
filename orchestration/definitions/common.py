"""What all code locations share: where runs execute, and schedules that never overlap."""

import os
from collections.abc import Iterator, Mapping, Set

import dagster as dg

OWNER = "team:data-engineering"
ONE_AT_A_TIME = "squad/one_at_a_time"
"""A tag: of the runs that have it with the same value, the second waits for the first."""
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def cron(job: str, default: str) -> str:
    """A job's schedule: `SQUAD_<JOB>_CRON`, or the default."""
    return os.environ.get(f"SQUAD_{job.upper()}_CRON", default)


def unfinished(
    context: dg.ScheduleEvaluationContext | dg.SensorEvaluationContext, job: str
) -> dg.SkipReason | None:
    """Why not to start a job now: its last run is still on its way."""
    running = context.instance.get_run_records(
        dg.RunsFilter(job_name=job, statuses=UNFINISHED), limit=1
    )
    if not running:
        return None
    return dg.SkipReason(f"{running[0].dagster_run.run_id} of {job} is not finished.")


def scheduled_job(
    name: str,
    selection: dg.AssetSelection,
    cron_schedule: str,
    *,
    description: str,
    execution_timezone: str = "UTC",
    hooks: Set[dg.HookDefinition] = frozenset(),
    tags: Mapping[str, str] | None = None,
) -> dg.Definitions:
    """An asset job that runs in one process, and a running schedule that never overlaps itself.

    One process: a tick takes seconds, where the multiprocess executor starts a Python each step.
    """
    job = dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        executor_def=dg.in_process_executor,
        hooks=hooks,
        tags=tags,
    )

    def unless_running(
        context: dg.ScheduleEvaluationContext,
    ) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield unfinished(context, name) or dg.RunRequest()

    schedule = dg.ScheduleDefinition(
        name=f"{name}_schedule",
        job=job,
        cron_schedule=cron_schedule,
        execution_timezone=execution_timezone,
        description=description,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        execution_fn=unless_running,
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])
