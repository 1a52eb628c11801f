"""The assignment as Dagster sees it: one asset, checked by the referee after every run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import SecretStr
from sqlalchemy import select

from api.kernel import clock, tracing
from api.kernel.database import database
from api.kernel.settings import Settings
from api.sysops.assignment.tables import AssignmentRun
from orchestration.assignment import referee
from orchestration.definitions.common import OWNER, cron, scheduled_job

if TYPE_CHECKING:
    from orchestration.assignment.run import Outcome

GROUP = "assignment"
ASSIGNMENTS = dg.AssetKey(["operations", "assignments"])


class AssignmentSettings(Settings):
    """`sysops_url` logs in as the role `assigner`; inputs of runs are kept in `evidence_folder`.

    `roads_url` is OSRM's table service, if there is one.
    """

    sysops_url: SecretStr
    evidence_folder: Path
    roads_url: str | None = None


async def _assign() -> "Outcome | None":
    """What the run did, or None when another one is at it."""
    # With numpy, scipy and numba, which nothing else of the code location needs.
    from orchestration.assignment.evidence import Evidence
    from orchestration.assignment.roads import OsrmRoads
    from orchestration.assignment.run import AlreadyRunning, assign

    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="assignment") as sessions:
        try:
            evidence = Evidence(settings.evidence_folder)
            roads = OsrmRoads(settings.roads_url) if settings.roads_url else None
            with tracing.job("assign_experts_job"):
                return await assign(sessions, clock.now(), evidence, roads)
        except AlreadyRunning:
            return None


async def _referee() -> dict[str, int]:
    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="referee") as sessions, sessions() as session:
        return await referee.verify(session)


async def _last_run() -> AssignmentRun | None:
    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="assignment") as sessions, sessions() as session:
        query = select(AssignmentRun).where(AssignmentRun.status == "finished")
        return await session.scalar(query.order_by(AssignmentRun.id.desc()).limit(1))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            ASSIGNMENTS,
            group_name=GROUP,
            description="An expert and an arrival window for every open ticket that one can be "
            "found for: all open tickets against all free windows, solved to the optimum.",
            owners=[OWNER],
            kinds={"python", "postgres"},
            deps=[dg.AssetKey(["sysops", "ticket"]), dg.AssetKey(["sysops", "expert"])],
            skippable=True,
        )
    ],
    name="assign_experts",
)
def assign_experts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
    """Takes back unanswered proposals and visits nobody came to, then solves and writes."""
    outcome = asyncio.run(_assign())
    if outcome is None:
        context.log.info("Another assignment run is in progress: this one left it to that.")
        return
    yield dg.MaterializeResult(asset_key=ASSIGNMENTS, metadata=outcome.as_metadata())


@dg.asset_check(
    asset=ASSIGNMENTS,
    name="no_wrong_expert",
    description="The independent referee: no live assignment breaks any hard rule.",
    blocking=True,
)
def no_wrong_expert() -> dg.AssetCheckResult:
    """Skill, certificate, radius, shift, time off, contract, preference, exclusion, overlap."""
    violations = asyncio.run(_referee())
    return dg.AssetCheckResult(
        passed=not any(violations.values()),
        metadata={rule: count for rule, count in violations.items() if count} or {"violations": 0},
    )


@dg.asset_check(
    asset=ASSIGNMENTS,
    name="proven",
    description="The certificate of the last run held: no choice serves more, and none costs "
    "less. Where it does not, the second solver's answer was taken.",
)
def proven() -> dg.AssetCheckResult:
    """Warns; the proposals are checked by the referee whoever made them."""
    last = asyncio.run(_last_run())
    return dg.AssetCheckResult(
        passed=last is None or last.proven is not False,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"run_id": str(last.id), "evidence": last.evidence or {}} if last else {},
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[assign_experts], asset_checks=[no_wrong_expert, proven]),
    scheduled_job(
        "assign_experts_job",
        dg.AssetSelection.assets(ASSIGNMENTS),
        cron("assignment", "*/5 * * * *"),
        description="Propose experts for all open tickets.",
    ),
)
