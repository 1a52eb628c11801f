"""One ticket, all the way: from a customer's POST to the manager's dashboard."""

import json
import os
import signal

import psycopg
import pytest

from orchestration.local.databases import admin_url
from orchestration.local.first_jobs import dagster
from orchestration.local.instance import recorded
from orchestration.watching.assets import WATCH
from orchestration.watching.schedules import SCHEDULES
from tests.whole_platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

PATIENCE = 240
"""Seconds a step may take: Dagster has to notice that a run died, and to start the next."""


def test_everything_is_healthy_when_up_returns(platform: Platform) -> None:
    state = platform.status()
    assert state["ok"], [one for one in state["processes"] if not one["healthy"]]


def test_a_ticket_reaches_the_reports_though_a_process_is_killed_at_every_step(
    platform: Platform,
) -> None:
    victims = [one["name"] for one in platform.status()["processes"] if one["pid"]]
    with platform.start("demo", "ticket", "--json", "--patience", str(PATIENCE)) as journey:
        assert journey.stderr is not None
        assert journey.stdout is not None
        told = []
        for step in journey.stderr:
            told.append(step)
            if victims:
                kill(platform, victims.pop())
        outcome = json.loads(journey.stdout.read())
    assert outcome["ok"], outcome
    assert journey.returncode == 0
    assert [step["seconds"] >= 0 for step in outcome["steps"]] == [True] * 15
    assert len(told) >= 15


def kill(platform: Platform, name: str) -> None:
    """The process dies without a word, if it is not just being started again."""
    processes = platform.status()["processes"]
    pid = next(one["pid"] for one in processes if one["name"] == name)
    if pid:
        os.kill(pid, signal.SIGKILL)


def test_every_schedule_is_seen_to_run(platform: Platform) -> None:
    instance = recorded(platform.instance)
    jobs = dagster(instance)
    jobs.wait(jobs.launch("operations", "watch_job"), PATIENCE, lambda _: None)
    judged = "SELECT DISTINCT ON (check_name) check_name, execution_status"
    with psycopg.connect(admin_url(instance, "dagster")) as connection:
        checks = connection.execute(
            f"{judged} FROM asset_check_executions WHERE asset_key = %s"
            " ORDER BY check_name, id DESC".encode(),
            [WATCH.to_string()],
        ).fetchall()
    assert dict(checks) == dict.fromkeys(SCHEDULES, "SUCCEEDED")
    with psycopg.connect(admin_url(instance, "sysops")) as connection:
        mails = "SELECT context FROM notification WHERE kind LIKE 'schedule%'"
        assert connection.execute(mails.encode()).fetchall() == []
