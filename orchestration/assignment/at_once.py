"""Assigned at once: a run starts as soon as there is something to assign, not at the next tick.

Whatever gives a ticket back (an expert who falls ill or says no, a customer who reschedules) and
whatever may help one that waits (`news.py`) is seen here.
"""

import asyncio

import dagster as dg

from api.kernel.database import database
from orchestration.assignment.assets import AssignmentSettings
from orchestration.assignment.news import news
from orchestration.definitions.common import unfinished

JOB = "assign_experts_job"
LOOK_EVERY_SECONDS = 10


async def _news() -> str | None:
    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="assign-at-once") as sessions, sessions() as session:
        return await news(session)


@dg.sensor(
    name="assign_at_once",
    job_name=JOB,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts an assignment run when a ticket waits and something happened since the"
    " last one that might serve it.",
)
def assign_at_once(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for the same news, and none while another is queued or at work."""
    if running := unfinished(context, JOB):
        return running
    changed = asyncio.run(_news())
    if changed is None:
        return dg.SkipReason("Nothing has changed since the last run that might serve a ticket.")
    return dg.RunRequest(run_key=f"assign-at-once/{changed}")


defs = dg.Definitions(sensors=[assign_at_once])
