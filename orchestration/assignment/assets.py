"""The assignment as Dagster sees it: one asset, checked by the referee after every run."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import SecretStr

from api.kernel import clock
from api.kernel.database import database
from api.kernel.settings import Settings
from orchestration.assignment import referee
from orchestration.definitions.common import OWNER, cron, scheduled_job

if TYPE_CHECKING:
    from orchestration.assignment.run import Outcome

GROUP = "assignment"
ASSIGNMENTS = dg.AssetKey(["operations", "assignments"])


class AssignmentSettings(Settings):
    """`sysops_url` logs in as the role `assigner`; inputs of runs are kept in `evidence_folder`."""

    sysops_url: SecretStr
    evidence_folder: Path


async def _assign() -> "Outcome | None":
    """What the run did, or None when another one is at it."""
    # With numpy, scipy and numba, which nothing else of the code location needs.
    from orchestration.assignment.evidence import Evidence
    from orchestration.assignment.run import AlreadyRunning, assign

    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="assignment") as sessions:
        try:
            return await assign(sessions, clock.now(), Evidence(settings.evidence_folder))
        except AlreadyRunning:
            return None


async def _referee() -> dict[str, int]:
    settings = AssignmentSettings()  # type: ignore[call-arg]  # read from the environment
    url = settings.sysops_url.get_secret_value()
    async with database(url, name="referee") as sessions, sessions() as session:
        return await referee.verify(session)


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
    """Skill, level, certificate, radius, shift, time off, preference, exclusion, overlap."""
    violations = asyncio.run(_referee())
    return dg.AssetCheckResult(
        passed=not any(violations.values()),
        metadata={rule: count for rule, count in violations.items() if count} or {"violations": 0},
    )


defs = dg.Definitions.merge(
    dg.Definitions(assets=[assign_experts], asset_checks=[no_wrong_expert]),
    scheduled_job(
        "assign_experts_job",
        dg.AssetSelection.assets(ASSIGNMENTS),
        cron("assignment", "*/5 * * * *"),
        description="Propose experts for all open tickets.",
    ),
)
