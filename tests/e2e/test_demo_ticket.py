"""One ticket, all the way: from a customer's POST to the manager's dashboard."""

import json
import os
import signal

import pytest

from orchestration.local.demo.ticket import Journey, Services, Step
from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500), pytest.mark.xdist_group("e2e")]


def test_everything_is_healthy_and_a_ticket_reaches_the_published_reports(
    platform: Platform,
) -> None:
    state = platform.status()
    assert state["ok"], [one for one in state["processes"] if not one["healthy"]]
    answer = platform.squad("demo", "ticket", "--json", seconds=600)
    outcome = json.loads(answer.stdout)
    assert outcome["ok"], outcome
    assert answer.returncode == 0
    assert len(outcome["steps"]) == 15


def test_a_process_killed_at_every_step_loses_nothing(platform: Platform) -> None:
    processes = [one for one in platform.status()["processes"] if one["pid"]]
    victims = [one["name"] for one in processes]

    def kill_one(_: Step) -> None:
        if victims:
            name = victims.pop()
            pid = next(one["pid"] for one in platform.status()["processes"] if one["name"] == name)
            if pid:
                os.kill(pid, signal.SIGKILL)

    journey = Journey(Services.of(platform.instance), kill_one, patience=240)
    journey.run()
    assert len(journey.steps) == 15
