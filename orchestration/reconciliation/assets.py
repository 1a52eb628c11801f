"""Conservation as Dagster shows it: one asset, a check for each promise, every few minutes."""

import asyncio
from collections.abc import Iterator

import dagster as dg

from api.kernel import clock, tracing
from orchestration.definitions.common import OWNER, cron, scheduled_job
from orchestration.reconciliation.promises import PROMISES, Promise
from orchestration.reconciliation.reading import Reader
from orchestration.reconciliation.run import Report, open_repairers, reconcile
from orchestration.reconciliation.settings import ReconciliationSettings

CONSERVATION = dg.AssetKey(["operations", "conservation"])
NO_DEAD_LETTERS = "no_dead_letters"
MESSAGES_MOVE = "messages_move"
STUCK_MINUTES = 5


class Extent(dg.Config):
    """`everything` reads the whole history instead of the live and the last two days; `mend`
    sends again what is lost.
    """

    everything: bool = False
    mend: bool = True


async def _reconcile(extent: Extent) -> Report:
    settings = ReconciliationSettings()  # type: ignore[call-arg]  # read from the environment
    with tracing.job("conservation_job"):
        async with (
            Reader.open(settings.reconcilers()) as reader,
            open_repairers(settings.repairers()) as repairers,
        ):
            return await reconcile(
                reader, repairers, clock.now(), everything=extent.everything, mend=extent.mend
            )


@dg.asset(
    key=CONSERVATION,
    group_name="operations",
    description="Proof that nothing is lost between the databases: what every source says has"
    " arrived or is on its way. What is lost is sent again where its source can tell it again.",
    owners=[OWNER],
    kinds={"python", "postgres"},
    deps=[
        dg.AssetKey(["sysops", "ticket"]),
        dg.AssetKey(["customer", "ticket"]),
        dg.AssetKey(["billing", "invoice"]),
    ],
    check_specs=[
        *(
            dg.AssetCheckSpec(promise.name, asset=CONSERVATION, description=promise.says)
            for promise in PROMISES
        ),
        dg.AssetCheckSpec(
            NO_DEAD_LETTERS,
            asset=CONSERVATION,
            description="No message is held; `squad dead-letters` lists and replays them.",
        ),
        dg.AssetCheckSpec(
            MESSAGES_MOVE,
            asset=CONSERVATION,
            description=f"No message has waited for more than {STUCK_MINUTES} minutes.",
        ),
    ],
)
def conservation(config: Extent) -> Iterator[dg.MaterializeResult[None]]:
    """Looks at every promise; ids are shown, never a name or an address."""
    report = asyncio.run(_reconcile(config))
    yield dg.MaterializeResult(metadata=_metadata(report), check_results=_checks(report))


def _metadata(report: Report) -> dict[str, dg.MetadataValue]:
    findings = report.findings.values()
    queues = [
        dg.TableRecord(
            {
                "queue": it.queue,
                "channel": it.channel,
                "waiting": it.waiting,
                "held": it.held,
                "oldest": it.oldest.isoformat() if it.oldest else "",
            }
        )
        for it in report.traffic
    ]
    return {
        "checked": dg.MetadataValue.int(sum(it.checked for it in findings)),
        "lost": dg.MetadataValue.int(sum(len(it.gaps) for it in findings)),
        "sent_again": dg.MetadataValue.int(sum(map(len, report.sent_again.values()))),
        "in_flight": dg.MetadataValue.int(sum(it.in_flight for it in findings)),
        "late": dg.MetadataValue.int(sum(it.late for it in findings)),
        "dead_letters": dg.MetadataValue.int(report.dead_letters),
        "oldest_message_seconds": dg.MetadataValue.float(report.oldest.total_seconds()),
        **({"queues": dg.MetadataValue.table(queues)} if queues else {}),
    }


def _checks(report: Report) -> list[dg.AssetCheckResult]:
    return [
        *(_check(report, promise) for promise in PROMISES),
        dg.AssetCheckResult(
            asset_key=CONSERVATION,
            check_name=NO_DEAD_LETTERS,
            passed=report.dead_letters == 0,
            metadata={"dead_letters": report.dead_letters},
        ),
        dg.AssetCheckResult(
            asset_key=CONSERVATION,
            check_name=MESSAGES_MOVE,
            passed=report.oldest.total_seconds() <= STUCK_MINUTES * 60,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"oldest_message_seconds": report.oldest.total_seconds()},
        ),
    ]


def _check(report: Report, promise: Promise) -> dg.AssetCheckResult:
    """An error is what is lost and was not sent again; what is late or on its way again warns."""
    finding = report.findings[promise.name]
    left = report.left(promise.name)
    return dg.AssetCheckResult(
        asset_key=CONSERVATION,
        check_name=promise.name,
        passed=finding.kept and finding.late == 0,
        severity=dg.AssetCheckSeverity.ERROR if left else dg.AssetCheckSeverity.WARN,
        metadata={
            "checked": finding.checked,
            "in_flight": finding.in_flight,
            "late": finding.late,
            "held": finding.held,
            "sent_again": len(finding.gaps) - len(left),
            "needs_a_person": len(left),
            **finding.counts(),
            **{f"{kind}_ids": ids for kind, ids in finding.shown().items()},
        },
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[conservation]),
    scheduled_job(
        "conservation_job",
        dg.AssetSelection.assets(CONSERVATION),
        cron("reconciliation", "*/5 * * * *"),
        description="Prove that nothing is lost between the databases, and send again what is.",
    ),
)
