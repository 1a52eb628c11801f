"""The steps of a month with their sessions, roles and secrets: what the assets call.

Settings are read when a step begins, so that loading the definitions needs none.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.calendar import Period
from api.billing.invoices import rules
from api.billing.invoices.rules import Finding
from api.billing.invoices.tables import BillingRun, Invoice
from api.billing.reruns.service import Asked, ask
from api.billing.reruns.tables import Rerun
from api.billing.vault.settings import VaultSettings
from api.kernel import clock
from api.kernel.database import database
from api.kernel.outside.http_payments import HttpPayments, PaymentSettings
from orchestration.billing import evidence
from orchestration.billing.approving import decide
from orchestration.billing.charging import Progress
from orchestration.billing.checking import check
from orchestration.billing.collecting import Collector, refunds_are_due, something_is_due
from orchestration.billing.drafting import Drafted, draft
from orchestration.billing.issuing import Issued, issue
from orchestration.billing.late import draft_late
from orchestration.billing.refunding import Refunder, RefundProgress
from orchestration.billing.settings import BillingSettings
from orchestration.billing.trial_balance import TrialBalance, trial_balance

Report = Callable[[Progress], None]
BEGUN_WITHIN = timedelta(hours=12)
"""Of the month's end in New York: the run's own schedule is hours before."""
JOB_RUNNER = "job runner"
"""Who asked for what was asked for in Dagster."""


async def draft_month(period: Period) -> tuple[Drafted, list[Finding]]:
    """Draft the month and check the drafts; when it is issued, what customers lack who are to be
    billed again.
    """
    async with _billing("draft") as (settings, sessions):
        async with sessions.begin() as session:
            done = await draft(session, period, clock.now())
        async with sessions.begin() as session:
            late = await draft_late(session, period, clock.now())
        done = replace(
            done, written=done.written + late.drafted, removed=done.removed + late.removed
        )
        async with sessions.begin() as session:
            return done, await check(session, period, settings, clock.now())


async def ask_again(period: Period, customers: Sequence[UUID], reason: str) -> None:
    """Have customers billed again, as somebody at the job runner asks for it."""
    async with _billing("rerun") as (_, sessions), sessions.begin() as session:
        for customer in customers:
            await ask(session, period, customer, Asked(JOB_RUNNER, reason, clock.now()))


async def decide_month(period: Period) -> str:
    """Approve or hold the month; returns the run's status."""
    async with _billing("approve") as (_, sessions), sessions.begin() as session:
        return await decide(session, period, clock.now())


async def issue_month(period: Period) -> tuple[Issued, list[Finding]]:
    """Issue what is approved; the findings are on what has been issued so far."""
    async with _billing("issue") as (_, sessions):
        done = await issue(sessions, period, clock.now())
        async with sessions() as session:
            return done, [
                await evidence.numbers_without_gap(session, period),
                await evidence.ledger_balanced(session, period),
            ]


async def charge_month(period: Period, report: Report) -> tuple[str, Progress, list[Finding]]:
    """Charge what is issued; the run's status, what was done, and whether the books agree."""
    async with _collector(report) as collector:
        status, progress = await collector.charge_run(period)
        async with collector.sessions() as session:
            return (
                status,
                progress,
                [
                    await evidence.books_equal_payments(session, period),
                    await evidence.openings_logged(session),
                ],
            )


async def follow_up(report: Report) -> Progress:
    """Open charges and overdue invoices of all months."""
    async with _collector(report) as collector:
        return await collector.follow_up()


async def give_back() -> RefundProgress:
    """Refunds of all months."""
    async with _collector(lambda _: None) as it:
        return await Refunder(it.sessions, it.provider, it.clock).run()


async def balance() -> TrialBalance:
    """The trial balance of the whole ledger."""
    async with _billing("balance") as (_, sessions), sessions() as session:
        return await trial_balance(session)


@dataclass(frozen=True)
class Due:
    """What a follow-up would find to do."""

    charges: bool
    refunds: bool


async def resumable_months() -> list[date]:
    """Months that can go on by themselves: interrupted before approval, approved, issued but for
    a customer who is to be billed again or an outlier that finance has released since, or over
    for half a day and never begun.
    """
    late = exists().where(
        Invoice.run_id == BillingRun.id,
        Invoice.review.in_(("released", "late")),
        Invoice.status == "draft",
    )
    again = exists().where(Rerun.run_id == BillingRun.id, Rerun.done_at.is_(None))
    query = select(BillingRun.period).where(
        BillingRun.status.in_(("drafted", "approved"))
        | (BillingRun.status.in_(rules.ISSUED) & (late | again))
    )
    async with _billing("resume") as (_, sessions), sessions() as session:
        begun = list(await session.scalars(query.order_by(BillingRun.period)))
        newest = await session.scalar(select(func.max(BillingRun.period)))
    return begun + missed_months(newest, clock.now())


def missed_months(newest: date | None, now: datetime) -> list[date]:
    """Months after the newest run whose tick on the first did not start one: the job runner was
    away, or had another month under way. Before the first run of all there are none.
    """
    missed: list[date] = []
    if newest is not None:
        due, period = Period.last_complete(now - BEGUN_WITHIN), Period(newest).next
        while period <= due:
            missed.append(period.first)
            period = period.next
    return missed


async def what_is_due() -> Due:
    """Whether a follow-up would find anything to do, of either kind."""
    settings = _settings()
    url = settings.billing_charge_url.get_secret_value()
    async with database(url, name="billing-due", pool_size=1) as sessions, sessions() as session:
        return Due(
            charges=await something_is_due(session, clock.now()),
            refunds=await refunds_are_due(session),
        )


def _settings() -> BillingSettings:
    return BillingSettings()  # type: ignore[call-arg]  # read from the environment


@asynccontextmanager
async def _billing(
    step: str,
) -> AsyncIterator[tuple[BillingSettings, async_sessionmaker[AsyncSession]]]:
    """The role biller: everything but cards."""
    settings = _settings()
    url = settings.billing_url.get_secret_value()
    async with database(url, name=f"billing-{step}", pool_size=2) as sessions:
        yield settings, sessions


@asynccontextmanager
async def _collector(report: Report) -> AsyncIterator[Collector]:
    """The role card_charge, the vault's key and the payment provider."""
    settings = _settings()
    kek = VaultSettings().kek()
    provider = HttpPayments(PaymentSettings())  # type: ignore[call-arg]  # as above
    url = settings.billing_charge_url.get_secret_value()
    async with database(url, name="billing-charge") as sessions, provider:
        yield Collector(
            sessions,
            provider,
            kek,
            clock.now,
            concurrency=settings.billing_concurrency,
            per_second=settings.billing_charges_per_second,
            report=report,
            paused=settings.billing_charges_paused,
        )
