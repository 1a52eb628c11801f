"""A steady load for long: whether memory grows, and whether anything becomes slower."""

from collections.abc import Callable
from typing import Any

from orchestration.local.memory import memory_of
from orchestration.local.processes import POSTGRES
from orchestration.local.runner import Runner
from tests.benchmarks.load import FIRST_RATE, Size, held_rate
from tests.benchmarks.report import Report
from tests.benchmarks.serving import serving
from tests.benchmarks.shots import Answer, Shot, p99, shoot
from tests.benchmarks.traffic import traffic

PART_SECONDS = 300.0
"""A token is good for a quarter of an hour; each part has new ones."""
WARM_UP = 0.2
MOST_GROWTH = 0.05
SEARCH = Size(step=5.0)


def run(
    minutes: float, rate: float | None, customers: int, seed: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Half of what is held, or `rate` a second, for `minutes`; raises LocalError, Wrong."""
    with serving(customers) as runner:
        if rate is None:
            held, _ = held_rate(lambda: traffic(runner.instance), FIRST_RATE, SEARCH, seed, say)
            rate = held / 2
        report = Report({"name": "soak", "seed": seed, "minutes": minutes}, say)
        return measure(runner, 60 * minutes, rate, seed, report)


def measure(
    runner: Runner, seconds: float, rate: float, seed: int, report: Report
) -> dict[str, Any]:
    """The same on a platform that serves."""
    warm_up = min(WARM_UP * seconds, PART_SECONDS)
    report.add("rate_per_s", rate)
    _load(runner, warm_up, rate, seed)
    before = memory(runner)
    shot = _load(runner, seconds - warm_up, rate, seed + 1_000)
    after = memory(runner)
    growth = {
        name: round(after[name] / size - 1, 4) for name, size in before.items() if name in after
    }
    tenth = (seconds - warm_up) / 10
    report.add("memory_mb_after_warm_up", {name: round(it / 1e6, 1) for name, it in before.items()})
    report.add("memory_growth", growth)
    report.add("restarted", sorted(before.keys() ^ after.keys()))
    report.add("p99_ms_first_tenth", round(1_000 * shot.part(0, tenth).p99, 1))
    report.add("p99_ms_last_tenth", round(1_000 * shot.part(9 * tenth, 10 * tenth).p99, 1))
    report.add("p99_ms", round(1_000 * p99([one.latency for one in shot.answers]), 1))
    report.add("statuses", shot.statuses())
    report.add("generator", shot.processor)
    report.add("unexpected", shot.wrong())
    report.hold("unexpected_answers", sum(shot.wrong().values()), at_most=0)
    report.hold("processes_restarted", len(report.figures["restarted"]), at_most=0)
    # PostgreSQL touches its shared buffers one after another, up to what it was given.
    grown = max(it for name, it in growth.items() if name != POSTGRES.name)
    report.hold("most_growth_of_a_process", grown, at_most=MOST_GROWTH)
    return report.figures


def memory(runner: Runner) -> dict[str, int]:
    """Resident bytes of every process by its name; one that was started anew has another name."""
    states = runner.supervisor.states().values()
    first = {one.process.name for one in runner.health() if one.pid}
    return {
        one.name if one.name == POSTGRES.name else f"{one.name} ({one.pid})": memory_of(
            one.pid
        ).resident
        for one in states
        if one.name in first
    }


def _load(runner: Runner, seconds: float, rate: float, seed: int) -> Shot:
    """One load in parts, each with new tokens, as if it were one."""
    answers: list[Answer] = []
    kinds, busiest, done = traffic(runner.instance), 0.0, 0.0
    while done < seconds:
        part = min(PART_SECONDS, seconds - done)
        shot = shoot(traffic(runner.instance), [(rate, part)], seed + len(answers))
        answers += [one._replace(at=one.at + done) for one in shot.answers]
        busiest, done = max(busiest, shot.processor), done + part
    return Shot(kinds, answers, busiest)
