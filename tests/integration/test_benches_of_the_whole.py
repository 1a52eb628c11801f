"""What the benchmarks of the platform as a whole measure is there, and is what it is called."""

import psutil

from orchestration.local.instance import from_environment
from orchestration.local.processes import blueprint_of
from tests.benchmarks import demo, standing
from tests.benchmarks.bare import bare, wait


def test_a_bare_copy_has_every_row_of_the_demo_world() -> None:
    figures = demo.run(200, 2, lambda _: None)
    assert figures["tickets"] > 50
    assert [goal["ratio"] > 0 for goal in figures["goals"]] == [True, True]
    assert figures["bytes_a_ticket"].keys() == {"customer", "sysops", "billing", "analytics"}


def test_every_process_of_the_platform_has_a_bare_part() -> None:
    processes = blueprint_of(from_environment({})).processes
    parts = [standing.part_of(process.name) for process in processes]
    assert set(parts) == set(standing.BARE)
    for one, part in (("postgres", "postgres"), ("relay-customer-sysops", "pgqueuer"),
                      ("code-billing", "code_server"), ("customer-api", "uvicorn"),
                      ("dashboards", "streamlit")):  # fmt: skip
        assert standing.part_of(one) == part


def test_a_bare_part_is_ready_when_it_answers_and_counts_while_it_runs() -> None:
    with bare() as parts:
        server = parts.memory()
        wait({"uvicorn": parts.start("uvicorn"), "pgqueuer": parts.start("pgqueuer")})
        assert parts.memory().resident > server.resident
        parts.stop()
        assert parts.processes == []


def test_a_bare_run_of_a_job_is_a_process_beside_its_code_server() -> None:
    with bare() as parts:
        wait({part: parts.start(part) for part in ("code_server", "daemon")})
        server = parts.memory()
        wait({"run": parts.start("run_of_a_job")})
        code_server, _ = parts.processes
        children = psutil.Process(code_server.pid).children(recursive=True)
        assert [standing.is_run(one) for one in children].count(True) == 1
        assert parts.memory().resident > server.resident
