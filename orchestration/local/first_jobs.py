"""The first run of each job, so that a new platform has something to show.

Each is skipped when it has succeeded before: from then on the schedules carry it.
"""

from datetime import timedelta

from api.billing.calendar import BILLING_ZONE
from api.kernel import clock
from orchestration.local.blueprint import Note
from orchestration.local.errors import LocalError
from orchestration.local.instance import Instance
from orchestration.local.jobs import Jobs
from orchestration.local.wiring import WEBSERVER_PORT

PATIENCE_SECONDS = 240
UNFINISHED = ("NOT_STARTED", "QUEUED", "STARTING", "STARTED")


def dagster(instance: Instance) -> Jobs:
    """This platform's Dagster."""
    return Jobs(f"http://127.0.0.1:{instance.port(WEBSERVER_PORT)}")


def assign(instance: Instance, note: Note) -> None:
    _run(instance, note, "operations", "assign_experts_job")


def bill(instance: Instance, note: Note) -> None:
    """The demo world brings its history billed: then there is nothing left to write."""
    today = clock.now().astimezone(BILLING_ZONE).date()
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    _run(instance, note, "billing", "billing_run_job", {"dagster/partition": month.isoformat()})


def publish(instance: Instance, note: Note) -> None:
    _run(instance, note, "analytics", "warehouse")


def _run(
    instance: Instance, note: Note, location: str, job: str, tags: dict[str, str] | None = None
) -> None:
    jobs = dagster(instance)
    if jobs.last(job, "SUCCESS"):
        note("done before")
        return
    # The schedule may have been faster; two at once would only wait for each other.
    if run := jobs.last(job, *UNFINISHED):
        try:
            jobs.wait(run, PATIENCE_SECONDS, note)
        except LocalError:
            note("a run before this one was lost")
        if jobs.last(job, "SUCCESS"):
            return
    run = jobs.launch(location, job, tags)
    try:
        jobs.wait(run, PATIENCE_SECONDS, note)
    except LocalError:
        if jobs.last(job, "SUCCESS") is None:
            raise
