"""The code location `billing`: the only one with the payment role and the vault's key.

Light: no dbt, no Great Expectations.
"""

import dagster as dg

import api.billing.tables  # noqa: F401 - all of them, for the keys between them
from orchestration.billing import (
    anchoring,
    assets,
    ledger_assets,
    reconciling_assets,
    schedules,
)
from orchestration.card_scan import assets as card_scan

# One object of this kind in a module: Dagster takes no second one, whatever its name.
defs = dg.Definitions.merge(
    dg.Definitions(
        assets=[
            *assets.SOURCES,
            assets.drafts,
            assets.approval,
            assets.invoices,
            assets.payments,
            assets.overdue,
            assets.refunds,
            reconciling_assets.provider_books,
            ledger_assets.ledger,
        ],
        jobs=[schedules.run_job, schedules.follow_up_job, reconciling_assets.reconciliation_job],
        schedules=[
            schedules.billing_run_schedule,
            schedules.billing_resume_schedule,
            schedules.billing_follow_up_schedule,
            reconciling_assets.billing_reconciliation_schedule,
        ],
    ),
    ledger_assets.job_defs,
    anchoring.defs,
    card_scan.definitions("billing"),
)
