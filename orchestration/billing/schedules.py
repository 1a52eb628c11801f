"""When billing runs: the month's run on its first day, and a follow-up every few minutes."""

import asyncio
from collections.abc import Iterator
from datetime import date

import dagster as dg

from api.billing.calendar import BILLING_ZONE, Period
from api.kernel import clock
from orchestration.billing import steps
from orchestration.billing.assets import APPROVAL, DRAFT, DUNNING, INVOICE, PAYMENT, REFUND
from orchestration.definitions.common import cron, unfinished

RUN_JOB = "billing_run_job"
FOLLOW_UP_JOB = "billing_follow_up_job"

run_job = dg.define_asset_job(
    RUN_JOB,
    selection=dg.AssetSelection.assets(DRAFT, APPROVAL, INVOICE, PAYMENT),
    executor_def=dg.in_process_executor,
    description="Bill one month: draft, check, approve or hold, issue, charge.",
)
follow_up_job = dg.define_asset_job(
    FOLLOW_UP_JOB,
    selection=dg.AssetSelection.assets(DUNNING, REFUND),
    executor_def=dg.in_process_executor,
    description="Ask for unknown outcomes, try overdue invoices again, suspend and restore; give "
    "back what finance refunds.",
)


@dg.schedule(
    job=run_job,
    # Hours after midnight, so that what happened on the month's last day has arrived.
    cron_schedule=cron("billing_run", "0 6 1 * *"),
    execution_timezone=str(BILLING_ZONE),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="On the first of the month, bill the month that is over.",
)
def billing_run_schedule(
    context: dg.ScheduleEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Starts the run of the newest complete month."""
    yield unfinished(context, RUN_JOB) or _request(Period.last_complete(clock.now()).first)


@dg.schedule(
    job=run_job,
    cron_schedule=cron("billing_resume", "*/5 * * * *"),
    execution_timezone=str(BILLING_ZONE),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Carry on with months that finance has approved, or whose run was interrupted or "
    "never began.",
)
def billing_resume_schedule(
    context: dg.ScheduleEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Starts a run for each month that can go on by itself."""
    if running := unfinished(context, RUN_JOB):
        yield running
        return
    periods = asyncio.run(steps.resumable_months())
    if not periods:
        yield dg.SkipReason("No month waits for anything but finance.")
    for period in periods:
        yield _request(period)


@dg.schedule(
    job=follow_up_job,
    cron_schedule=cron("billing_follow_up", "*/5 * * * *"),
    execution_timezone=str(BILLING_ZONE),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Follow up on open charges, overdue invoices and refunds, when there are any.",
)
def billing_follow_up_schedule(
    context: dg.ScheduleEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Starts a follow-up when it would find something to do."""
    for job in (RUN_JOB, FOLLOW_UP_JOB):
        if running := unfinished(context, job):
            yield running
            return
    due = asyncio.run(steps.what_is_due())
    assets = [key for key, wanted in ((DUNNING, due.charges), (REFUND, due.refunds)) if wanted]
    if assets:
        yield dg.RunRequest(asset_selection=assets)
    else:
        yield dg.SkipReason("Nothing is open, overdue or to be given back.")


def _request(month: date) -> dg.RunRequest:
    # Several requests of a tick need keys; a later tick may ask for the same month again.
    key = f"{month} at {clock.now().isoformat()}"
    return dg.RunRequest(run_key=key, partition_key=month.isoformat())
