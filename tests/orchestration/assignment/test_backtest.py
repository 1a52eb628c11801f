"""Past days of a demo world replayed by Dagster, as the role that it runs as."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from api.kernel.database import plain_url
from api.sysops.assignment.backtest_rules import ASSUMPTIONS
from orchestration.assignment.backtest.assets import BACKTEST, policy_backtest_schedule
from orchestration.assignment.backtest.day import Day, read, span_of
from orchestration.assignment.backtest.run import ZONE
from orchestration.definitions.operations import defs
from tests.databases import Databases, Templates
from tests.integration.assignment.test_run import open_tickets, run
from tests.integration.demo.support import SMALL_WORLD, load_world
from tests.world import add_expert, furnish

# Dagster knows the days that are over by the real clock: this world is in a real past.
NOON = datetime(2025, 11, 21, 16, 30, tzinfo=UTC)
WEDNESDAY, THURSDAY = date(2025, 11, 19), date(2025, 11, 20)
KEPT = """
SELECT day, a.name || '/' || a.version, b.name || '/' || b.version, figures, assumptions, seed
FROM policy_backtest
JOIN assignment_policy a ON a.id = policy_a_id JOIN assignment_policy b ON b.id = policy_b_id
ORDER BY day
"""
# Which tickets waited at a moment, by their last event before it.
WAITED = """
SELECT ticket_id::text FROM (
    SELECT DISTINCT ON (ticket_id) ticket_id, to_status,
        (SELECT count(*) FROM ticket_event n WHERE n.ticket_id = e.ticket_id
            AND n.action = 'no_show' AND n.at < %(at)s) AS absences
    FROM ticket_event e WHERE at < %(at)s ORDER BY ticket_id, version DESC
) AS last
WHERE to_status = 'open' OR (to_status = 'escalated' AND absences < 2)
"""
JOB = defs.resolve_job_def("policy_backtest_job")


@pytest.fixture(scope="module")
def world(templates: Templates) -> Iterator[Databases]:
    own = Databases(templates)
    load_world(own, SMALL_WORLD, NOON)
    yield own
    own.drop()


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
        yield opened


@pytest.fixture
def platform(world: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    monkeypatch.setenv("SQUAD_SYSOPS_URL", world.url("sysops", "assigner"))
    yield world
    world.execute("sysops", "DELETE FROM policy_backtest")


def backtest(
    instance: dg.DagsterInstance, first: date, last: date | None = None, **config: Any
) -> dg.ExecuteInProcessResult:
    span = {
        "dagster/asset_partition_range_start": first.isoformat(),
        "dagster/asset_partition_range_end": (last or first).isoformat(),
    }
    ops = {"policy_backtest": {"config": config}}
    return JOB.execute_in_process(
        instance=instance, tags=span, run_config={"ops": ops}, raise_on_error=False
    )


def known(databases: Databases, day: date) -> Day:
    return read(plain_url(databases.url("sysops", "assigner")), day, ZONE)


def test_a_backfill_replays_its_days_one_after_another_and_again_replaces_them(
    platform: Databases, instance: dg.DagsterInstance
) -> None:
    done = backtest(instance, WEDNESDAY, THURSDAY)
    assert done.success
    rows = platform.rows("sysops", KEPT)
    assert [row[:3] for row in rows] == [
        (day, "balanced/1", "least-travel/1") for day in (WEDNESDAY, THURSDAY)
    ]
    for _, _, _, figures, assumptions, seed in rows:
        assert figures["a"]["tickets"] == figures["b"]["tickets"] > 0
        assert figures["a"]["served"] > 0
        assert (tuple(assumptions), seed) == (ASSUMPTIONS, 1)
    told = {
        it.partition: it.metadata for it in done.asset_materializations_for_node("policy_backtest")
    }
    assert told.keys() == {WEDNESDAY.isoformat(), THURSDAY.isoformat()}
    assert told["2025-11-20"]["a_served"].value == rows[1][3]["a"]["served"]

    assert backtest(instance, THURSDAY, policy_a="balanced/1").success
    assert platform.rows("sysops", KEPT) == rows
    assert backtest(instance, THURSDAY, policy_b="emergency", seed=7).success
    assert [row[2:][0] for row in platform.rows("sysops", KEPT)].count("emergency/1") == 1


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"policy_a": "best"}, "There is no policy with the name best."),
        ({"policy_b": "emergency/9"}, "The newest version of the policy emergency is 1."),
        ({"policy_a": "emergency", "policy_b": "emergency/1"}, "Both are emergency/1"),
    ],
)
def test_policies_that_cannot_be_compared_are_said_so_and_nothing_is_kept(
    platform: Databases, instance: dg.DagsterInstance, config: dict[str, Any], words: str
) -> None:
    done = backtest(instance, THURSDAY, **config)
    (failed,) = (it for it in done.all_events if it.event_type_value == "STEP_FAILURE")
    assert words in str(failed.step_failure_data)
    assert platform.rows("sysops", KEPT) == []


def test_every_night_the_day_before_is_replayed(instance: dg.DagsterInstance) -> None:
    night = datetime(2025, 11, 21, 7, 20, tzinfo=UTC)
    with dg.build_schedule_context(instance=instance, scheduled_execution_time=night) as context:
        asked = policy_backtest_schedule(context)
    assert isinstance(asked, dg.RunRequest)
    assert asked.partition_key == "2025-11-20"
    assert [it.to_string() for it in JOB.asset_layer.selected_asset_keys] == [BACKTEST.to_string()]


def test_what_waits_when_a_day_begins_is_what_the_events_say(world: Databases) -> None:
    for offset in range(0, 40, 8):
        day = known(world, THURSDAY - timedelta(days=offset))
        begins, _ = span_of(day.day, ZONE)
        with world.connect("sysops") as connection:
            waited = {row[0] for row in connection.execute(WAITED, {"at": begins})}
        assert waited == set(day.tickets.filter(pl.col("since") == begins)["id"])


async def test_a_day_stays_as_it_was_known_whatever_comes_after_it(databases: Databases) -> None:
    furnish(databases)
    add_expert(databases)
    await open_tickets(databases, 2)
    databases.execute("sysops", "UPDATE staff SET created_at = created_at - interval '9 days'")
    databases.execute("sysops", "UPDATE ticket SET submitted_at = now() - interval '2 days'")
    databases.execute("sysops", "UPDATE ticket_event SET at = now() - interval '2 days'")
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    before = await asyncio.to_thread(known, databases, yesterday)
    assert len(before.tickets) == 2
    await run(databases)
    databases.execute("sysops", "UPDATE ticket SET status = 'cancelled' WHERE number = 100001")
    after = await asyncio.to_thread(known, databases, yesterday)
    for name in ("tickets", "visits"):
        assert (
            getattr(before, name)
            .sort("id" if name == "tickets" else "since")
            .equals(getattr(after, name).sort("id" if name == "tickets" else "since"))
        )
    assert before.habits == after.habits
    assert before.frames["excluded"].equals(after.frames["excluded"])
