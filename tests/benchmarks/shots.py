"""What became of a load: latencies, refusals and what should not have come."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any, NamedTuple

from orchestration.local.environment import common
from orchestration.local.instance import PROJECT_ROOT
from tests.benchmarks.traffic import Kind

PATIENCE_SECONDS = 60
MOST_SECONDS = 0.5
"""A 99th percentile above it is not held."""
MOST_REFUSED = 0.001
REFUSED = (429, 503)
NAMES = {0: "line broke", -1: "no answer in 10 s"}


class Answer(NamedTuple):
    """`at` and `latency` in seconds, from the begin of the load and from when it was planned."""

    at: float
    latency: float
    status: int
    retry_after: bool
    kind: int

    @property
    def is_refused(self) -> bool:
        """Told to come again, and when."""
        return self.status in REFUSED and self.retry_after

    @property
    def is_wrong(self) -> bool:
        """Neither an answer nor a refusal as it should be."""
        return not (200 <= self.status < 400 or self.is_refused)


@dataclass(frozen=True)
class Shot:
    """All answers of one load, and how busy the generator was (1 is a whole processor)."""

    kinds: Sequence[Kind]
    answers: Sequence[Answer]
    processor: float

    @property
    def p99(self) -> float:
        """Of what was answered; refusals are quick."""
        return p99([one.latency for one in self.answers if not one.is_refused])

    @property
    def refused(self) -> float:
        """The share that was refused."""
        return sum(one.is_refused for one in self.answers) / max(len(self.answers), 1)

    @property
    def is_held(self) -> bool:
        wrong = any(one.is_wrong for one in self.answers)
        return not wrong and self.p99 <= MOST_SECONDS and self.refused <= MOST_REFUSED

    def wrong(self) -> dict[str, int]:
        """What should not have come, by what was asked and what came."""
        return dict(
            Counter(
                f"{self.kinds[one.kind].name}: {NAMES.get(one.status, one.status)}"
                for one in self.answers
                if one.is_wrong
            )
        )

    def statuses(self) -> dict[str, int]:
        counted = Counter(str(NAMES.get(one.status, one.status)) for one in self.answers)
        return dict(sorted(counted.items()))

    def part(self, since: float, until: float) -> "Shot":
        """What was planned between these seconds."""
        some = [one for one in self.answers if since <= one.at < until]
        return Shot(self.kinds, some, self.processor)


def shoot(kinds: Sequence[Kind], phases: Sequence[tuple[float, float]], seed: int) -> Shot:
    """Send this load, of phases of a rate a second and seconds, from a process of its own."""
    plan: dict[str, Any] = {
        "kinds": [asdict(kind) for kind in kinds],
        "phases": list(phases),
        "seed": seed,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.generator"],
        input=json.dumps(plan),
        env=common(),
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=sum(seconds for _, seconds in phases) + PATIENCE_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The generator failed: {done.stderr[-2_000:]}")
    found = json.loads(done.stdout)
    return Shot(kinds, [Answer(*one) for one in found["asked"]], found["processor"])


def p99(latencies: Sequence[float]) -> float:
    """The 99th percentile by rank; 0 of nothing."""
    ordered = sorted(latencies)
    return ordered[ceil(0.99 * len(ordered)) - 1] if ordered else 0.0


def recovered_after(shot: Shot, since: float, until: float) -> float:
    """Seconds from `since` to the end of the last second whose p99 was too late or that refused."""
    seconds = range(ceil(until - since))
    bad = [
        second for second in seconds if not shot.part(since + second, since + second + 1).is_held
    ]
    return float(bad[-1] + 1) if bad else 0.0
