"""The watch as Dagster runs and shows it."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from api.kernel import clock
from orchestration.watching.assets import defs
from orchestration.watching.schedules import SCHEDULES
from tests.databases import Databases

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MAILS = "SELECT kind, context FROM notification ORDER BY id"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster whose daemon never met a schedule."""
    with dg.DagsterInstance.local_temp() as one:
        yield one


@pytest.fixture(autouse=True)
def environment(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    url = databases.url("sysops", "sysops_repairer")
    monkeypatch.setenv("SQUAD_SYSOPS_REPAIRER_URL", url)
    databases.execute(
        "sysops",
        "INSERT INTO staff (email, full_name, phone, roles, created_at, updated_at) VALUES"
        " ('a@squad.example', 'Al', '+12125550101', '{administrator}', now(), now())",
    )


async def watch(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> dict[str, dg.AssetCheckEvaluation]:
    monkeypatch.setattr(clock, "now", lambda: at)
    job = defs.resolve_job_def("watch_job")
    result: Any = await asyncio.to_thread(job.execute_in_process, instance=instance)
    return {it.check_name: it for it in result.get_asset_check_evaluations()}


async def test_a_platform_that_has_just_started_is_in_no_trouble(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    checks = await watch(instance, monkeypatch, NOW)
    assert checks.keys() == SCHEDULES.keys()
    assert all(it.passed for it in checks.values())
    assert databases.rows("sysops", MAILS) == []


async def test_what_never_starts_fails_its_check_and_calls_people_once_a_day(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, databases: Databases
) -> None:
    for minutes in (0, 10, 20, 30):
        checks = await watch(instance, monkeypatch, NOW + timedelta(minutes=minutes))
    late = checks["assign_experts_job_schedule"]
    assert (late.passed, late.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert late.description == "did not start, since 2026-03-02 12:00 UTC"
    mails = databases.rows("sysops", MAILS)
    assert len(mails) == len(SCHEDULES)
    [(kind, told)] = [mail for mail in mails if mail[1]["job"] == "assign_experts_job"]
    assert kind == "schedule_late"
    assert told == {
        "schedule": "assign_experts_job_schedule",
        "job": "assign_experts_job",
        "trouble": "did not start",
        "since": "2026-03-02T12:00+00:00",
    }
