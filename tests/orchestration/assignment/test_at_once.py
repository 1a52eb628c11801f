"""A ticket that waits is assigned at once, by one run for the same news."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest

from api.sysops.audit.service import Act
from api.sysops.experts import service as experts
from orchestration.assignment.at_once import JOB, assign_at_once
from orchestration.definitions.operations import defs
from tests.api.sysops.conftest import add_staff
from tests.databases import Databases
from tests.integration.assignment.test_run import open_tickets, run
from tests.world import add_expert, furnish


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def platform(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Databases:
    """A catalogue, and the environment of the code location."""
    furnish(databases)
    monkeypatch.setenv("SQUAD_SYSOPS_URL", databases.url("sysops", "assigner"))
    monkeypatch.setenv("SQUAD_EVIDENCE_FOLDER", "kept-by-no-sensor")
    return databases


async def look(instance: dg.DagsterInstance) -> str | None:
    """The key of the run that the sensor asks for now."""

    def evaluate() -> dg.RunRequest | dg.SkipReason:
        context = dg.build_sensor_context(instance=instance)
        answer = assign_at_once(context)
        assert isinstance(answer, dg.RunRequest | dg.SkipReason)
        return answer

    # In a thread of its own, as in a code server: it has no event loop yet.
    asked = await asyncio.to_thread(evaluate)
    return asked.run_key if isinstance(asked, dg.RunRequest) else None


async def test_a_ticket_that_no_run_has_seen_starts_one_and_an_ill_experts_visit_another(
    platform: Databases, instance: dg.DagsterInstance
) -> None:
    assert await look(instance) is None
    await open_tickets(platform, 1)
    first = await look(instance)
    assert first is not None
    assert await look(instance) == first
    ill = add_expert(platform, "ill")
    await run(platform)
    assert await look(instance) is None
    well = add_expert(platform, "well", latitude=30.4)
    platform.execute("sysops", "UPDATE assignment SET status = 'accepted'")
    platform.execute("sysops", "UPDATE ticket SET status = 'accepted'")
    assert await look(instance) is None
    now = datetime.now(UTC)
    act = Act(add_staff(platform, "administrator"), ["administrator"], now)
    async with platform.sessions("sysops", "sysops_api") as sessions, sessions.begin() as session:
        await experts.add_time_off(session, act, ill, now, None, "ill")
    again = await look(instance)
    assert again not in {None, first}
    await run(platform)
    query = "SELECT expert_id FROM assignment WHERE status = 'proposed'"
    assert platform.rows("sysops", query) == [(well,)]
    assert await look(instance) is None


async def test_nothing_is_started_while_a_run_is_at_work(
    platform: Databases, instance: dg.DagsterInstance
) -> None:
    await open_tickets(platform, 1)
    begun = dg.DagsterRunStatus.STARTED
    instance.add_run(dg.DagsterRun(job_name=JOB, run_id="0" * 32, status=begun))
    assert await look(instance) is None


async def test_a_run_that_failed_is_not_started_for_the_same_news_again(
    platform: Databases, instance: dg.DagsterInstance
) -> None:
    """Dagster starts one run a key; the schedule is there for the rest."""
    await open_tickets(platform, 1)
    before = await look(instance)
    platform.execute(
        "sysops",
        "INSERT INTO assignment_run (started_at, as_of, status, policy)"
        " VALUES (now(), now(), 'failed', 'x')",
    )
    assert await look(instance) == before


def test_it_is_on_by_default() -> None:
    assert assign_at_once in (defs.sensors or ())
    assert assign_at_once.default_status is dg.DefaultSensorStatus.RUNNING
    assert assign_at_once.minimum_interval_seconds == 10
