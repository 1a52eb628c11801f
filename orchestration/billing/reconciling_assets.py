"""The provider's books against ours as Dagster sees them: a month, and every day what is open."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time

import dagster as dg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.billing.amounts import amount_text
from api.billing.calendar import BILLING_ZONE, Period, billing_day
from api.kernel import clock
from api.kernel.database import database
from api.kernel.outside.http_payments import HttpPayments, PaymentSettings
from api.kernel.settings import Settings
from orchestration.billing.assets import DUNNING, GROUP, REFUND, RETRY
from orchestration.billing.reconciling import Reconciled, Reconciler
from orchestration.billing.reconciling_rules import KINDS
from orchestration.definitions.common import OWNER, cron, unfinished

PROVIDER_BOOKS = dg.AssetKey(["billing", "provider_books"])
JOB = "billing_reconciliation_job"
CHECKS = {"charges_agree": "charge_", "refunds_agree": "refund_"}
SHOWN = 5
SETTLED_BY_DAY = 7
"""Until this day of a month the one before it is compared too: its last charges settle."""

# With the month that is under way, unlike the months that are billed.
MONTHS = dg.MonthlyPartitionsDefinition(
    start_date="2020-01-01", timezone=str(BILLING_ZONE), end_offset=1
)

# The months of what is alerted, so that an alert closes itself whenever its cause goes away.
_ALERTED = text("""
SELECT DISTINCT coalesce(p.created_at, r.decided_at, r.created_at, a.created_at) AS at
FROM alert a LEFT JOIN payment p ON p.id = a.subject_id LEFT JOIN refund r ON r.id = a.subject_id
WHERE a.status = 'open' AND a.kind = ANY(:kinds)
""")


class ReconcilingSettings(Settings):
    """`SQUAD_PROVIDER_RECONCILER_URL` (role provider_reconciler), and what is not compared."""

    provider_reconciler_url: SecretStr
    provider_other_accounts: tuple[str, ...] = ()
    """JSON list: how references begin that another account gave, before this one was used."""


@asynccontextmanager
async def _sessions(
    settings: ReconcilingSettings,
) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    url = settings.provider_reconciler_url.get_secret_value()
    async with database(url, name="billing-reconcile", pool_size=2) as sessions:
        yield sessions


async def reconcile_month(period: Period) -> Reconciled:
    """Compare what was charged and given back in a month, or so far in it."""
    settings = ReconcilingSettings()  # type: ignore[call-arg]  # read from the environment
    provider = HttpPayments(PaymentSettings())  # type: ignore[call-arg]  # as above
    async with _sessions(settings) as sessions, provider:
        it = Reconciler(
            sessions, provider, clock.now, other_accounts=settings.provider_other_accounts
        )
        return await it.run(_midnight(period.first), _midnight(period.next.first))


async def months_to_compare() -> list[date]:
    """This month, the one before while it settles, and those of open differences."""
    settings = ReconcilingSettings()  # type: ignore[call-arg]  # read from the environment
    async with _sessions(settings) as sessions, sessions() as session:
        moments = (await session.execute(_ALERTED, {"kinds": list(KINDS)})).scalars().all()
    today = billing_day(clock.now())
    this = Period.containing(today)
    months = {this} | {Period.containing(billing_day(at)) for at in moments}
    if today.day <= SETTLED_BY_DAY:
        months.add(this.previous)
    return sorted(it.first for it in months)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BILLING_ZONE)


@dg.asset(
    key=PROVIDER_BOOKS,
    group_name=GROUP,
    partitions_def=MONTHS,
    deps=[DUNNING, REFUND],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    check_specs=[dg.AssetCheckSpec(name, asset=PROVIDER_BOOKS) for name in CHECKS],
    description="The provider's own list of charges and refunds against ours, both ways, by key. "
    "Each difference is an alert with a repair; it closes itself when the difference is gone.",
)
def provider_books(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Nothing is charged or given back; disputes are booked."""
    done = asyncio.run(reconcile_month(Period.parse(context.partition_key[:7])))
    yield dg.MaterializeResult(
        metadata={
            "charges": done.charges,
            "charged": amount_text(done.charged_cents),
            "refunds": done.refunds,
            "refunded": amount_text(done.refunded_cents),
            "disputes": done.disputes,
            "at_other_accounts": done.elsewhere,
        },
        check_results=[_result(name, kind, done) for name, kind in CHECKS.items()],
    )


def _result(name: str, kind: str, done: Reconciled) -> dg.AssetCheckResult:
    found = [it for it in done.differences if it.kind.startswith(kind)]
    return dg.AssetCheckResult(
        asset_key=PROVIDER_BOOKS,
        check_name=name,
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=found[0].detail if found else "Both sides agree.",
        metadata={
            "differences": len(found),
            "first": [f"{it.kind} {it.subject_id}" for it in found[:SHOWN]],
        },
    )


reconciliation_job = dg.define_asset_job(
    JOB,
    selection=dg.AssetSelection.assets(PROVIDER_BOOKS),
    executor_def=dg.in_process_executor,
    description="Compare a month's charges and refunds with the provider's own list.",
)


@dg.schedule(
    job=reconciliation_job,
    cron_schedule=cron("billing_reconciliation", "30 5 * * *"),
    execution_timezone=str(BILLING_ZONE),
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day: this month, the last one while it settles, and what is alerted.",
)
def billing_reconciliation_schedule(
    context: dg.ScheduleEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Starts a run for each month that has to be compared."""
    if running := unfinished(context, JOB):
        yield running
        return
    for month in asyncio.run(months_to_compare()):
        # Several requests of a tick need keys; a later tick compares the same months again.
        key = f"{month} at {clock.now().isoformat()}"
        yield dg.RunRequest(run_key=key, partition_key=month.isoformat())
