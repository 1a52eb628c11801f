"""Automatic approval inside the tolerances and up to the limit; else the run waits for finance."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices import rules, runs
from api.billing.invoices.limits import limit_cents


async def decide(session: AsyncSession, period: Period, now: datetime) -> str:
    """Approve or hold a checked run; any other stays as it is. Returns its status."""
    run = await runs.find_run(session, period, lock=True)
    if run.status != "drafted" or run.rows_hash is None:
        return run.status
    refused = await runs.was_refused(session, run.id)
    reasons = rules.holding(runs.findings_of(run), was_refused=refused)
    if over := rules.over_limit(run.total_cents, await limit_cents(session)):
        reasons.append(over)
    if reasons:
        await runs.hold(session, run, reasons, now)
    else:
        await runs.approve(session, run, rules.AUTOMATIC, "Inside all tolerances.", now)
    return run.status
