"""The ledger as Dagster sees it: balanced every day."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from api.billing.amounts import amount_text
from api.billing.calendar import BILLING_ZONE
from orchestration.billing import steps
from orchestration.billing.assets import DUNNING, GROUP, REFUND, RETRY
from orchestration.definitions.common import OWNER, cron, scheduled_job

LEDGER = dg.AssetKey(["billing", "ledger"])
JOB = "billing_ledger_job"
TRIAL_BALANCE = "trial_balance"


@dg.asset(
    key=LEDGER,
    group_name=GROUP,
    deps=[DUNNING, REFUND],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    check_specs=[dg.AssetCheckSpec(TRIAL_BALANCE, asset=LEDGER)],
    description="The trial balance: what stands on each account, and whether every posting, and "
    "all of them together, sum to zero in each currency.",
)
def ledger() -> Iterator[dg.MaterializeResult[None]]:
    """Reads the whole ledger in one scan; writes nothing."""
    found = asyncio.run(steps.balance())
    yield dg.MaterializeResult(
        metadata={
            "entries": found.entries,
            **{
                f"{account} ({currency})": amount_text(cents)
                for (currency, account), cents in found.accounts.items()
            },
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=LEDGER,
                check_name=TRIAL_BALANCE,
                passed=found.ok,
                severity=dg.AssetCheckSeverity.ERROR,
                description=str(found),
            )
        ],
    )


job_defs = scheduled_job(
    JOB,
    dg.AssetSelection.assets(LEDGER),
    cron("billing_ledger", "15 5 * * *"),
    execution_timezone=str(BILLING_ZONE),
    description="Every day: does the whole ledger balance?",
)
