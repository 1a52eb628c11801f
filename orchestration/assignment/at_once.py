"""Assigned at once: a run starts as soon as there is something to assign, not at the next tick.

Whatever gives a ticket back (an expert who falls ill or says no, a customer who reschedules) and
whatever may help one that waits (an expert's profile that changes) is seen here.
"""

import asyncio
from datetime import datetime

import dagster as dg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.kernel.database import database
from orchestration.assignment.assets import AssignmentSettings
from orchestration.definitions.common import UNFINISHED

JOB = "assign_experts_job"
LOOK_EVERY_SECONDS = 10

# The newest change since the last run that could change what a run decides. A run that failed
# counts as none, and its news as told: the schedule tries again. What the run itself wrote is as
# old as its input.
_NEWS = text("""
WITH last AS (
    SELECT coalesce(
        (SELECT as_of FROM assignment_run WHERE status = 'finished' ORDER BY id DESC LIMIT 1),
        '-infinity') AS as_of
), waiting AS (
    SELECT max(updated_at) AS changed FROM ticket
    WHERE status IN ('open', 'escalated')
)
SELECT greatest(
    CASE WHEN waiting.changed > last.as_of THEN waiting.changed END,
    CASE WHEN waiting.changed IS NOT NULL THEN
        (SELECT max(e.updated_at) FROM expert e WHERE e.updated_at > last.as_of) END
) FROM waiting, last
""")


async def news(session: AsyncSession) -> datetime | None:
    """When something last changed that no run has seen; None when there is nothing to assign."""
    changed: datetime | None = await session.scalar(_NEWS)
    return changed


async def _news() -> datetime | None:
    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="assign-at-once") as sessions, sessions() as session:
        return await news(session)


@dg.sensor(
    name="assign_at_once",
    job_name=JOB,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts an assignment run when a ticket waits that none has seen as it is now.",
)
def assign_at_once(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run for the same news, and none while another is queued or at work."""
    unfinished = dg.RunsFilter(job_name=JOB, statuses=UNFINISHED)
    running = context.instance.get_run_records(unfinished, limit=1)
    if running:
        return dg.SkipReason(f"{running[0].dagster_run.run_id} of {JOB} is not finished.")
    changed = asyncio.run(_news())
    if changed is None:
        return dg.SkipReason("Nothing has changed since the last run that it could serve.")
    return dg.RunRequest(run_key=f"assign-at-once/{changed.isoformat()}")


defs = dg.Definitions(sensors=[assign_at_once])
