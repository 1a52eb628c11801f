"""For billing the month is over: there is something to approve, and to charge."""

import json
import time
from datetime import timedelta

from api.billing.calendar import Period, billing_day
from api.kernel import clock
from orchestration.local.errors import LocalError
from orchestration.local.first_jobs import dagster
from orchestration.local.instance import Instance
from orchestration.local.launch import Launch, launch_file

CLOCK = "SQUAD_CLOCK_OFFSET_SECONDS"
RUN_SECONDS = 300.0
DAYS_LATER = timedelta(days=2)
TRIES, PAUSE = 3, 5.0


def this_month() -> Period:
    """The one that is not over yet, by the real clock."""
    return Period.containing(billing_day(clock.now()))


def set_clock_forward(instance: Instance) -> None:
    """The process of billing's jobs has the clock of next month from its next start on."""
    file = launch_file(instance.var, "code-billing")
    launch: Launch = json.loads(file.read_text())
    ahead = this_month().last - billing_day(clock.now()) + DAYS_LATER
    launch["environment"][CLOCK] = str(ahead.total_seconds())
    file.write_text(json.dumps(launch))


def bill(instance: Instance) -> None:
    """Bills the month, or carries on with it; raises LocalError when the run fails."""
    jobs = dagster(instance)
    tags = {"dagster/partition": this_month().first.isoformat()}
    for left in reversed(range(TRIES)):
        try:
            jobs.wait(jobs.launch("billing", "billing_run_job", tags), RUN_SECONDS, lambda _: None)
        except LocalError:
            # Dagster's web server answers once with an error after the database was away.
            if not left:
                raise
            time.sleep(PAUSE)
        else:
            return
