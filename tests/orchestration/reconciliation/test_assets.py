"""The conservation check as Dagster runs and shows it."""

import asyncio
from typing import Any

import dagster as dg
import pytest

from orchestration.reconciliation.assets import CONSERVATION, MESSAGES_MOVE, NO_DEAD_LETTERS, defs
from orchestration.reconciliation.promises import PROMISES
from tests.databases import Databases
from tests.orchestration.reconciliation.world import DATABASES, World


@pytest.fixture
def environment(world: World, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose environment is the code location's."""
    for name in DATABASES:
        for job, role in (("RECONCILER", "reconciler"), ("REPAIRER", f"{name}_repairer")):
            monkeypatch.setenv(f"SQUAD_{name.upper()}_{job}_URL", databases.url(name, role))
    return world


async def run(**config: bool) -> Any:
    """Run the job in another thread, as an own event loop belongs to it."""
    job = defs.resolve_job_def("conservation_job")
    run_config = {"ops": {"operations__conservation": {"config": config}}}
    return await asyncio.to_thread(job.execute_in_process, run_config=run_config)


def checks(result: Any) -> dict[str, dg.AssetCheckEvaluation]:
    return {it.check_name: it for it in result.get_asset_check_evaluations()}


def figures(result: Any) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("operations__conservation")
    return {name: value.value for name, value in event.metadata.items()}


async def test_a_healthy_world_passes_a_check_for_every_promise(environment: World) -> None:
    await environment.submit()
    result = await run()
    assert result.success
    names = {*(promise.name for promise in PROMISES), NO_DEAD_LETTERS, MESSAGES_MOVE}
    assert checks(result).keys() == names
    assert all(it.passed for it in checks(result).values())
    shown = figures(result)
    assert (shown["lost"], shown["in_flight"], shown["dead_letters"]) == (0, 1, 0)


async def test_what_was_lost_and_sent_again_warns_and_names_its_id(environment: World) -> None:
    ticket_id = await environment.submit()
    environment.lose("customer", "sysops", "ticket_created")
    check = checks(await run())["submitted_tickets_arrive"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    told = {name: value.value for name, value in check.metadata.items()}
    assert (told["sent_again"], told["needs_a_person"]) == (1, 0)
    assert told["missing_ids"] == [str(ticket_id)]
    await environment.carry()
    assert all(it.passed for it in checks(await run()).values())


async def test_a_look_alone_sends_nothing(environment: World, databases: Databases) -> None:
    await environment.submit()
    environment.lose("customer", "sysops", "ticket_created")
    check = checks(await run(mend=False, everything=True))["submitted_tickets_arrive"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert databases.rows("customer", "SELECT count(*) FROM to_sysops.pgqueuer") == [(0,)]


def test_the_schedule_runs_by_itself() -> None:
    schedule = defs.resolve_schedule_def("conservation_job_schedule")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert CONSERVATION in defs.resolve_asset_graph().get_all_asset_keys()
