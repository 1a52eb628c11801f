"""Billing runs: found, locked, and moved on with a trace of every act."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.hashes import run_hash
from api.billing.invoices.limits import limit_cents, limit_for
from api.billing.invoices.rules import Finding
from api.billing.invoices.tables import BillingRun, Invoice, RunEvent
from api.billing.payments.alerts import Cause, close_alert, open_alerts
from api.kernel.errors import Conflict, NotFound, TransitionRefused

HELD = "run_held"


async def find_run(session: AsyncSession, period: Period, *, lock: bool = False) -> BillingRun:
    """The run of a period; raises NotFound."""
    query = select(BillingRun).where(BillingRun.period == period.first)
    run = await session.scalar(query.with_for_update() if lock else query)
    if run is None:
        raise NotFound(f"There is no billing run for {period}.")
    return run


def findings_of(run: BillingRun) -> list[Finding]:
    return msgspec.convert(run.findings, list[Finding])


async def record(
    session: AsyncSession, run: BillingRun, act: str, *, actor: str, detail: str, now: datetime
) -> None:
    """Write down an act on a run."""
    session.add(RunEvent(run_id=run.id, at=now, actor=actor, act=act, detail=detail))
    run.updated_at = now
    await session.flush()


async def recount(session: AsyncSession, run: BillingRun) -> None:
    """The run's figures, from its drafts."""
    figures = await session.execute(
        select(
            func.count(), cast(func.coalesce(func.sum(Invoice.total_cents), 0), BigInteger)
        ).where(Invoice.run_id == run.id, Invoice.status == "draft")
    )
    run.invoices, run.total_cents = figures.one()


def uncheck(run: BillingRun) -> None:
    """The rows have changed: what was found and approved of them counts no more."""
    run.rows_hash, run.findings = None, []
    _begin_again(run)


async def send_back(session: AsyncSession, run: BillingRun, now: datetime) -> None:
    """Its rows are others now: until it was checked again nobody can decide on it."""
    run.status = "drafted"
    uncheck(run)
    await session.flush()
    await close_alert(session, HELD, run.id, now)


async def was_refused(session: AsyncSession, run_id: UUID) -> bool:
    query = select(RunEvent.id).where(RunEvent.run_id == run_id, RunEvent.act == "refused")
    return (await session.scalars(query.limit(1))).first() is not None


async def hold(session: AsyncSession, run: BillingRun, reasons: list[str], now: datetime) -> None:
    """The run waits for finance, who is alerted."""
    _move(run, "hold")
    detail = " ".join(reasons)
    await record(session, run, "held", actor=rules.AUTOMATIC, detail=detail, now=now)
    cause = Cause(run.id, f"Billing of {_month(run)} waits: {detail}")
    await open_alerts(session, HELD, [cause], now)


async def approve(
    session: AsyncSession, run: BillingRun, actor: str, detail: str, now: datetime
) -> None:
    """Approve exactly the rows that were checked; the caller holds the run's lock.

    Over the limit the first person's approval is written down and the run goes on waiting, for
    another person's of the same rows.

    Raises:
        TransitionRefused: the run does not wait for an approval.
        Conflict: a blocking check failed, the rows are not those that were checked, or they are
            over the limit and this person has approved them already.
    """
    if rules.after("approve", run.status) is None:
        raise _refused("approve", run)
    blocked = rules.blocking(findings_of(run))
    if blocked:
        raise Conflict("Put right and draft again: " + " ".join(it.detail for it in blocked))
    current = await run_hash(session, run.id)
    if run.rows_hash is None or current != run.rows_hash:
        raise Conflict("The rows have changed since they were checked. Check the run again.")
    await recount(session, run)
    automatic = actor == rules.AUTOMATIC
    limit = await (limit_cents(session) if automatic else limit_for(session, UUID(actor)))
    over = rules.over_limit(run.total_cents, limit)
    if over is not None:
        if automatic:
            raise Conflict(over)
        if run.first_approved_hash != current:
            run.first_approved_hash, run.first_approved_by = current, actor
            run.first_approved_at = now
            await record(session, run, "first_approved", actor=actor, detail=detail, now=now)
            return
        if run.first_approved_by == actor:
            raise Conflict(f"{over} You have approved it: somebody else of finance has to as well.")
    _move(run, "approve")
    run.approved_hash, run.approved_by, run.approved_at = current, actor, now
    await record(session, run, "approved", actor=actor, detail=detail, now=now)
    await close_alert(session, HELD, run.id, now)


async def refuse(
    session: AsyncSession, run: BillingRun, actor: str, reason: str, now: datetime
) -> None:
    """Nothing of this run is issued until it was drafted again; raises TransitionRefused."""
    _move(run, "refuse")
    _begin_again(run)
    await record(session, run, "refused", actor=actor, detail=reason, now=now)
    await close_alert(session, HELD, run.id, now)


def _begin_again(run: BillingRun) -> None:
    run.first_approved_hash = run.first_approved_by = run.first_approved_at = None


def _move(run: BillingRun, act: str) -> None:
    status = rules.after(act, run.status)
    if status is None:
        raise _refused(act, run)
    run.status = status


def _refused(act: str, run: BillingRun) -> TransitionRefused:
    detail = f"The run of {_month(run)} is {run.status}: it cannot {act}."
    return TransitionRefused(detail, rules.allowed(run.status))


def _month(run: BillingRun) -> Period:
    return Period(run.period)
