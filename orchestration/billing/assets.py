"""A month of billing as Dagster sees it: drafts, approval, invoices, payments; and overdue ones.

Every body opens its sessions, calls, and reports. Whatever is done already is left alone, so a
partition can be run again at any time.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import dagster as dg
from pydantic import Field

from api.billing.amounts import amount_text
from api.billing.calendar import BILLING_ZONE, Period
from api.billing.invoices.rules import Finding
from orchestration.billing import evidence, steps
from orchestration.billing.charging import Progress
from orchestration.billing.checking import CHECKS
from orchestration.billing.collecting import ChargingAlready
from orchestration.definitions.common import OWNER

GROUP = "billing"
MONTHS = dg.MonthlyPartitionsDefinition(start_date="2020-01-01", timezone=str(BILLING_ZONE))
RETRY = dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL)
REPORT_SECONDS = 5.0

CONTRACT, PLAN, TAX_RATE, CARD, DRAFT, APPROVAL, INVOICE, PAYMENT, DUNNING, REFUND = (
    dg.AssetKey(["billing", name])
    for name in (
        "contract", "plan", "tax_rate", "vault_card", "draft", "approval", "invoice", "payment",
        "dunning", "refund",
    )
)  # fmt: skip

SOURCES = [
    dg.AssetSpec(key, group_name=GROUP, description=words, owners=[OWNER], kinds={"postgres"})
    for key, words in (
        (CONTRACT, "What customers agreed to, as the customer quantum tells it."),
        (PLAN, "What support plans cost, as sysops publishes it."),
        (TAX_RATE, "Sales tax by state from a day on, kept by finance."),
        (CARD, "Card numbers under lock; only the charge step reads them."),
    )
]


class BillAgain(dg.Config):
    """Customers, by their ids, who are billed again for a month that is issued, and why."""

    customers: list[str] = Field(default_factory=list)
    reason: str = "Asked for at the job runner."


def _month(context: dg.AssetExecutionContext) -> Period:
    return Period.parse(context.partition_key[:7])


def _checks(key: dg.AssetKey, names: Sequence[str]) -> list[dg.AssetCheckSpec]:
    return [dg.AssetCheckSpec(name, asset=key) for name in names]


def _results(key: dg.AssetKey, findings: Sequence[Finding]) -> list[dg.AssetCheckResult]:
    return [
        dg.AssetCheckResult(
            asset_key=key,
            check_name=it.name,
            passed=it.ok,
            severity=dg.AssetCheckSeverity.ERROR
            if it.severity == "block"
            else dg.AssetCheckSeverity.WARN,
            description=it.detail,
            metadata=it.figures,
        )
        for it in findings
    ]


@dg.asset(
    key=DRAFT,
    group_name=GROUP,
    partitions_def=MONTHS,
    deps=[CONTRACT, PLAN, TAX_RATE],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    check_specs=_checks(DRAFT, tuple(CHECKS)),
    description="One draft a contract with something to bill in the month, checked. "
    "Drafted again, only what differs is written. Of an issued month, `customers` are billed "
    "for what they lack.",
)
def drafts(
    context: dg.AssetExecutionContext, config: BillAgain
) -> Iterator[dg.MaterializeResult[None]]:
    """Draft, then check; what the checks found is what approval goes by."""
    if config.customers:
        customers = [UUID(it) for it in config.customers]
        asyncio.run(steps.ask_again(_month(context), customers, config.reason))
    done, findings = asyncio.run(steps.draft_month(_month(context)))
    yield dg.MaterializeResult(
        metadata={
            "status": done.status,
            "invoices": done.invoices,
            "total": amount_text(done.total_cents, "USD"),
            "cases_rated": done.cases,
            "written": done.written,
            "removed": done.removed,
        },
        check_results=_results(DRAFT, findings),
    )


@dg.asset(
    key=APPROVAL,
    group_name=GROUP,
    partitions_def=MONTHS,
    deps=[DRAFT],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    description="Approved by itself inside the tolerances; outside them finance decides over the "
    "Billing API, and the resume schedule carries on.",
)
def approval(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """The approval seals the hash of the rows it is about."""
    status = asyncio.run(steps.decide_month(_month(context)))
    if status == "held":
        context.log.warning("The run waits for finance: see the findings on billing/draft.")
    return dg.MaterializeResult(metadata={"status": status})


@dg.asset(
    key=INVOICE,
    group_name=GROUP,
    partitions_def=MONTHS,
    deps=[APPROVAL],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    check_specs=_checks(INVOICE, (evidence.NUMBERS, evidence.LEDGER)),
    description="Exactly the approved rows: a number without gaps, a posting in the ledger, and "
    "a message to the customer quantum. Nothing while the run waits.",
)
def invoices(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Issues what is left to issue."""
    done, findings = asyncio.run(steps.issue_month(_month(context)))
    yield dg.MaterializeResult(
        metadata={"status": done.status, "issued": done.issued},
        check_results=_results(INVOICE, findings),
    )


@dg.asset(
    key=PAYMENT,
    group_name=GROUP,
    partitions_def=MONTHS,
    deps=[INVOICE, CARD],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    check_specs=_checks(PAYMENT, (evidence.BOOKS, evidence.OPENINGS)),
    description="Each issued invoice charged once: the intent first, then the provider, then the "
    "ledger. What stays unknown is asked for by the follow-up.",
)
def payments(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """The only step that opens cards, with a role of its own."""
    status, progress, findings = asyncio.run(steps.charge_month(_month(context), _told(context)))
    yield dg.MaterializeResult(
        metadata={"status": status, **_figures(progress)},
        check_results=_results(PAYMENT, findings),
    )


@dg.multi_asset(
    name="overdue_payments",
    retry_policy=RETRY,
    specs=[
        dg.AssetSpec(
            DUNNING,
            group_name=GROUP,
            deps=[PAYMENT],
            owners=[OWNER],
            kinds={"python", "postgres"},
            skippable=True,
            description="Charges nobody knows the end of are asked for, declined ones tried again "
            "on days 1, 3, 7 and 14 or with a new card; then the contract is suspended.",
        )
    ],
)
def overdue(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Follows up on every month at once."""
    try:
        progress = asyncio.run(steps.follow_up(_told(context)))
    except ChargingAlready as reason:
        context.log.info(str(reason))
        return
    yield dg.MaterializeResult(asset_key=DUNNING, metadata=_figures(progress))


@dg.asset(
    key=REFUND,
    group_name=GROUP,
    deps=[PAYMENT],
    owners=[OWNER],
    kinds={"python", "postgres"},
    retry_policy=RETRY,
    description="What finance refunds, given back once: the intent is there, the provider is asked "
    "by its key, then the ledger. What stays unknown is asked for again.",
)
def refunds() -> dg.MaterializeResult[None]:
    """The provider is asked with the payment role, which the API does not have."""
    done = asyncio.run(steps.give_back())
    return dg.MaterializeResult(metadata=dataclasses.asdict(done))


def _told(context: dg.AssetExecutionContext) -> Callable[[Progress], None]:
    """Reports into the run's log, at most every few seconds."""
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_SECONDS:
            last = time.monotonic()
            context.log.info(str(progress))

    return report


def _figures(progress: Progress) -> dict[str, int | float]:
    return {
        "charged": progress.approved,
        "declined": progress.declined,
        "unknown": progress.unknown,
        "failed": progress.failed,
        "per_second": round(progress.per_second, 1),
    }
