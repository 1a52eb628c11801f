"""Counts outlive the processes that counted, and what they held does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from orchestration.metrics.folder import tidy
from orchestration.metrics.scrape import Counted

PROGRAM = """
import sys
from api.kernel import metrics
metrics.relayed("ticket_created", "carried", 3)
metrics.answered("GET", "/customer/plans", 200, 0.02)
metrics.in_flight().__enter__()
print(flush=True)
sys.stdin.read()
"""


def counting(folder: Path) -> "subprocess.Popen[str]":
    """A process that has counted, and lives."""
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(folder),
        "SQUAD_PROCESS": "customer-api",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def value(folder: Path, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(Counted(folder))
    return registry.get_sample_value(name, labels)


MESSAGES = {"relay": "customer-api", "channel": "ticket_created", "outcome": "carried"}
ROUTE = {"service": "customer-api", "method": "GET", "route": "/customer/plans"}


@pytest.mark.parametrize("lives", [0, 1, 2])
def test_workers_of_one_service_are_added_up_whoever_of_them_is_gone(
    tmp_path: Path, lives: int
) -> None:
    workers = [counting(tmp_path / "metrics") for _ in range(2)]
    try:
        for worker in workers[lives:]:
            end(worker)
        folder = tmp_path / "metrics"
        assert value(folder, "squad_relay_messages_total", **MESSAGES) == 6
        assert value(folder, "squad_http_requests_total", **ROUTE, status="2xx") == 2
        assert value(folder, "squad_http_request_seconds_count", **ROUTE) == 2
        in_flight = value(folder, "squad_http_requests_in_flight", service="customer-api")
        assert (in_flight or 0) == lives
    finally:
        for worker in workers:
            end(worker)


def test_the_files_of_many_that_are_gone_become_a_few(tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    for _ in range(3):
        end(counting(folder))
    tidy(folder)
    assert {it.name for it in folder.iterdir()} == {"counter_0.db", "histogram_0.db"}
    tidy(folder)
    assert value(folder, "squad_relay_messages_total", **MESSAGES) == 9
