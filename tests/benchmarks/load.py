"""How much the APIs hold, what they do with twice as much, and how soon all is well again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.local.instance import Instance
from tests.benchmarks.report import Report, Wrong
from tests.benchmarks.serving import serving
from tests.benchmarks.shots import Shot, recovered_after, shoot
from tests.benchmarks.traffic import Kind, health, traffic

CUSTOMERS = 2_000
FIRST_RATE, RAW_FIRST_RATE = 20.0, 200.0
RISE = 1.25
MOST_RATE = 20_000.0
AFTERWARDS_SECONDS = 20.0
RECOVERY_SECONDS = 10.0
BUSY = 0.9
"""A generator that has used so much of a processor has measured itself."""


@dataclass(frozen=True)
class Size:
    """How long each rate is tried, and twice the limit; in seconds. No rate is above `most`."""

    customers: int = CUSTOMERS
    step: float = 15.0
    overload: float = 60.0
    most: float = MOST_RATE


def run(size: Size, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Rising rates until one is not held, then twice the limit; raises LocalError, Wrong."""
    with serving(size.customers) as runner:
        return measure(runner.instance, size, seed, Report({"name": "load", "seed": seed}, say))


def measure(instance: Instance, size: Size, seed: int, report: Report) -> dict[str, Any]:
    """The same on a platform that serves."""
    raw, _ = held_rate(lambda: health(instance), RAW_FIRST_RATE, size, seed, report.say)
    limit, best = held_rate(lambda: traffic(instance), FIRST_RATE, size, seed, report.say)
    report.add("health_held_per_s", raw)
    report.add("held_per_s", limit)
    report.add("ratio_to_health", round(limit / raw, 3))
    report.add("p99_ms_at_held", _ms(best.p99))
    report.add("p99_ms_by_kind", by_kind(best))
    report.add("statuses_at_held", best.statuses())
    report.add("generator_at_held", best.processor)

    phases = [(2 * limit, size.overload), (limit / 2, AFTERWARDS_SECONDS)]
    shot = shoot(traffic(instance), phases, seed)
    over = shot.part(0, size.overload)
    back = recovered_after(shot, size.overload, size.overload + AFTERWARDS_SECONDS)
    report.add("overload_per_s", 2 * limit)
    report.add("overload_statuses", over.statuses())
    report.add("overload_refused", round(over.refused, 3))
    report.add("overload_p99_ms_of_answered", _ms(over.p99))
    report.add("overload_generator", shot.processor)
    report.add("unexpected", shot.wrong())
    report.hold("unexpected_answers", sum(shot.wrong().values()), at_most=0)
    report.hold("recovered_after_s", back, at_most=RECOVERY_SECONDS)
    report.hold("generator", max(best.processor, shot.processor), at_most=BUSY)
    return report.figures


def held_rate(
    kinds: Callable[[], Sequence[Kind]],
    first: float,
    size: Size,
    seed: int,
    say: Callable[[str], None],
) -> tuple[float, Shot]:
    """The highest rate of rising ones that was held, and how it went; raises Wrong.

    A rate that is not held is tried once more: a machine has other things to do now and then.
    """
    rate, held = min(first, size.most), None
    shoot(kinds(), [(rate, size.step)], seed)  # plans, caches, connections
    while True:
        shot = shoot(kinds(), [(rate, size.step)], seed)
        if not shot.is_held:
            shot = shoot(kinds(), [(rate, size.step)], seed + 1)
        say(f"{rate:8.1f}/s  p99 {_ms(shot.p99):7.1f} ms  {shot.statuses()}")
        if shot.wrong():
            raise Wrong(f"at {rate:.1f}/s there was more than refusals: {shot.wrong()}")
        if not shot.is_held:
            break
        held = round(rate, 1), shot
        if rate >= size.most:
            break
        rate = min(rate * RISE, size.most)
    if held is None:
        raise Wrong(f"not even {rate:.1f}/s were held")
    return held


def by_kind(shot: Shot) -> dict[str, float]:
    """The 99th percentile of each thing that was asked, in milliseconds."""
    found = {}
    for number, kind in enumerate(shot.kinds):
        own = [one for one in shot.answers if one.kind == number]
        found[kind.name] = _ms(Shot(shot.kinds, own, 0).p99)
    return found


def _ms(seconds: float) -> float:
    return round(1_000 * seconds, 1)
