"""`squad bench load` and `soak` in small: that they work, and not how fast anything is."""

from collections.abc import Iterator

import pytest

from orchestration.local.runner import Runner
from tests.benchmarks import load, shots, soak
from tests.benchmarks.report import Report
from tests.benchmarks.serving import serving
from tests.benchmarks.traffic import traffic

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
MOST_RATE = 15.0


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with serving(100) as running:
        yield running


@pytest.fixture(autouse=True)
def on_any_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late and refused is no matter here; an answer that should not come is."""
    monkeypatch.setattr(shots, "MOST_SECONDS", 10.0)
    monkeypatch.setattr(shots, "MOST_REFUSED", 1.0)


def report() -> Report:
    return Report({}, print)


def test_four_of_five_requests_read(runner: Runner) -> None:
    kinds = traffic(runner.instance)
    reads = sum(one.weight for one in kinds if one.requests[0].startswith("GET "))
    assert reads / sum(one.weight for one in kinds) == 0.8


def test_a_load_is_measured_and_twice_of_it(runner: Runner) -> None:
    size = load.Size(step=3, overload=5, most=MOST_RATE)

    figures = load.measure(runner.instance, size, 1, report())

    assert figures["unexpected"] == {}
    assert (figures["held_per_s"], figures["overload_per_s"]) == (MOST_RATE, 2 * MOST_RATE)
    assert {"recovered_after_s": 0} in [{it["name"]: it["ratio"]} for it in figures["goals"]]
    assert figures["ok"]


def test_a_soak_tells_how_much_each_process_has_grown(runner: Runner) -> None:
    figures = soak.measure(runner, 10, MOST_RATE, 1, report())

    names = {name.split(" ")[0] for name in figures["memory_growth"]}
    assert names == {one.name for one in runner.blueprint.processes}
    assert (figures["unexpected"], figures["restarted"]) == ({}, [])
